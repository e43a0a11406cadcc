package badgerkv

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// logger passes Badger's messages to slog: errors and warnings at their own
// level, its talk about compactions and the like at debug. Its debug messages,
// several for each write and some with keys in them, go nowhere.
type logger struct {
	to *slog.Logger
	// syncErr is the one failure that Badger tells nobody but its log: that the
	// value log could not be synced. It then goes on and reports success.
	syncErr atomic.Pointer[error]
}

func (l *logger) Errorf(format string, args ...any) {
	if strings.HasPrefix(format, "Error while curlf sync") {
		err := fmt.Errorf("sync of the value log: %v", args)
		l.syncErr.Store(&err)
	}
	l.log(slog.LevelError, format, args)
}

func (l *logger) Warningf(format string, args ...any) { l.log(slog.LevelWarn, format, args) }

func (l *logger) Infof(format string, args ...any) { l.log(slog.LevelDebug, format, args) }

func (l *logger) Debugf(string, ...any) {}

// takeSyncError returns the failure to sync the value log, if there was one.
func (l *logger) takeSyncError() error {
	if err := l.syncErr.Swap(nil); err != nil {
		return *err
	}
	return nil
}

func (l *logger) log(level slog.Level, format string, args []any) {
	ctx := context.Background()
	if !l.to.Enabled(ctx, level) {
		return
	}
	shown := make([]any, len(args))
	for i, arg := range args {
		shown[i] = withoutContents(arg)
	}
	text := strings.TrimSpace(fmt.Sprintf(format, shown...))
	if text != "" {
		l.to.Log(ctx, level, text, "component", "badger") //nolint:sloglint // the words are Badger's
	}
}

// withoutContents keeps plain values and errors. Byte slices and Badger's
// structures can hold keys and values: of those it leaves the type.
func withoutContents(arg any) any {
	switch arg.(type) {
	case []byte, [][]byte:
		return fmt.Sprintf("<%T>", arg)
	case error, time.Duration, string, bool,
		int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32, float64:
		return arg
	}
	return fmt.Sprintf("<%T>", arg)
}

var _ badger.Logger = (*logger)(nil)
