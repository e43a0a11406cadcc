package policy

import "fmt"

// Logf writes one line to the policy's log, which the tenant's administrators can
// read. The host bounds how much a call may log. Do not log personal data.
func Logf(format string, args ...any) { logLine(fmt.Sprintf(format, args...)) }
