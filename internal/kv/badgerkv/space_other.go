//go:build !linux && !darwin

package badgerkv

import "math"

// freeBytes cannot be asked for here; the check is then without effect.
func freeBytes(string) (uint64, error) { return math.MaxUint64, nil }
