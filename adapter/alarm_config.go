package adapter

import (
	"time"
)

// Defaults of AlarmsConfig. Microsoft Entra ID begins to think of a quarantine at 5,000 failures, and imposes it where more
// than 40 percent fail: these are far below.
const (
	DefaultAlarmFailures = 20
	DefaultAlarmPercent  = 20
	DefaultAlarmWindow   = 2 * time.Hour
)

// Bounds of AlarmsConfig.
const (
	minAlarmWindow = time.Minute
	maxAlarmWindow = 7 * 24 * time.Hour
)

// AlarmsConfig says from when on a connection counts as failing or silent. Zero values mean the defaults.
type AlarmsConfig struct {
	// Failures, 20 by default, is how many requests of a connection must have failed within Window, 2h by default, and
	// Percent, 20 by default, which part of all of them.
	Failures int
	Percent  int
	Window   time.Duration
	// FailuresOff raises no alarm of failures.
	FailuresOff bool
	// Silent is after how long without a request a connection that has talked before counts as silent; 0 for never.
	Silent time.Duration
}

func (c *AlarmsConfig) setDefaults() {
	if c.Failures == 0 {
		c.Failures = DefaultAlarmFailures
	}
	if c.Percent == 0 {
		c.Percent = DefaultAlarmPercent
	}
	if c.Window == 0 {
		c.Window = DefaultAlarmWindow
	}
}

func (c *AlarmsConfig) validate(bad func(format string, args ...any)) {
	if c.Failures < 1 {
		bad("alarms.failures: %d is not above 0", c.Failures)
	}
	if c.Percent < 1 || c.Percent > 100 {
		bad("alarms.percent: %d is not 1 to 100", c.Percent)
	}
	if c.Window < minAlarmWindow || c.Window > maxAlarmWindow {
		bad("alarms.window: %s is not %s to %s", c.Window, minAlarmWindow, maxAlarmWindow)
	}
	if c.Silent < 0 || (c.Silent > 0 && c.Silent < minAlarmWindow) {
		bad("alarms.silent: %s is not %s or more", c.Silent, minAlarmWindow)
	}
}
