package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	policy "github.com/caddy-scim/caddy-scim/plugins/sdk/go"
)

// world holds with all that a Go program can see of the world around it, one fact
// for each line.
func world() *policy.Decision {
	var facts []string
	say := func(format string, args ...any) { facts = append(facts, fmt.Sprintf(format, args...)) }

	say("args %d env %d", len(os.Args), len(os.Environ()))
	for _, path := range []string{"/", "/etc/passwd", "."} {
		_, err := os.ReadDir(path)
		say("dir %s %t", path, err == nil)
		_, err = os.ReadFile(path)
		say("file %s %t", path, err == nil)
	}
	say("write %t", os.WriteFile("/tmp/x", nil, 0o600) == nil)
	_, err := os.Stdin.Read(make([]byte, 1))
	say("stdin %t", err == nil)

	before := time.Now()
	time.Sleep(24 * time.Hour)
	say("slept %t", time.Since(before) >= 24*time.Hour)
	say("year %d", time.Now().UTC().Year())
	say("random %016x", rand.Uint64())
	return policy.Hold("world", strings.Join(facts, "; "))
}

// garbage makes and drops far more memory than there is, in several goroutines.
func garbage() *policy.Decision {
	const makers, rounds, size = 4, 200, 256 << 10
	made := make(chan int)
	for range makers {
		go func() {
			for range rounds {
				made <- len(make([]byte, size))
			}
		}()
	}
	total := 0
	for range makers * rounds {
		total += <-made
	}
	if total != makers*rounds*size {
		return policy.Deny(0, "", fmt.Sprintf("made %d bytes", total))
	}
	return policy.Allow()
}

var kept [][]byte

// hoard keeps more memory than there is.
func hoard() *policy.Decision {
	for range 1024 {
		kept = append(kept, make([]byte, 1<<20))
	}
	return policy.Allow()
}
