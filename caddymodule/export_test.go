package caddymodule

import (
	"slices"
	"time"
)

// HurryTurns lets uploads and replays wait no longer than a moment for their turn. What it returns undoes that.
func HurryTurns() (undo func()) {
	was := turnPatience
	turnPatience = time.Millisecond
	return func() { turnPatience = was }
}

// SmallestPolicy is a module that exports what a policy must, and does nothing.
var SmallestPolicy = slices.Concat(
	[]byte("\x00asm\x01\x00\x00\x00"),
	[]byte{1, 8, 2, 0x60, 0, 0, 0x60, 0, 1, 0x7f}, // types: () -> (), () -> (i32)
	[]byte{3, 3, 2, 0, 1},                         // two functions
	[]byte{5, 3, 1, 0, 1},                         // a memory of one page
	[]byte{7, 39, 3}, []byte("\x06memory\x02\x00"), []byte("\x11scim_policy_abi_1\x00\x00"), []byte("\x06decide\x00\x01"),
	[]byte{10, 9, 2, 2, 0, 0x0b, 4, 0, 0x41, 0, 0x0b}, // their bodies
)

// ReadPolicyFile lets tests read a policy as the configuration does.
var ReadPolicyFile = readPolicyFile
