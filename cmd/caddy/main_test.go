package main_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
)

// binaries is a folder with the programs that the scripts run: caddy and the example legacy application. They are
// built without the race detector, also where the tests have it: it makes the compiling of a policy take a minute.
var binaries string

// goCache is where Go keeps what it has built, for scripts that build something, whose home is empty.
var goCache string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if binaries, err = os.MkdirTemp("", "caddy-scim-test-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(binaries) }()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	build := exec.CommandContext(ctx, "go", "build", "-o", binaries+string(filepath.Separator), ".", "../../examples/legacyapp/cmd/legacyapp")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "building the programs:", err)
		return 1
	}
	cache, err := exec.CommandContext(ctx, "go", "env", "GOCACHE").Output()
	if err != nil {
		fmt.Fprintln(os.Stderr, "finding Go's cache:", err)
		return 1
	}
	goCache = strings.TrimSpace(string(cache))
	return m.Run()
}

// TestScripts runs testdata/*.txtar. What the scripts can do beyond the commands of testscript is in script_test.go.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                "testdata",
		RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", binaries+string(os.PathListSeparator)+env.Getenv("PATH"))
			home := filepath.Join(env.WorkDir, "home")
			env.Setenv("HOME", home)
			members, err := filepath.Abs("../../examples/policies/members")
			if err != nil {
				return err
			}
			env.Setenv("MEMBERS", members)
			env.Setenv("GOBUILD", goCache)
			talking := filepath.Join(env.WorkDir, "talking.wasm")
			env.Setenv("TALKING", talking)
			if err := os.WriteFile(talking, adaptertest.Module(map[string]string{"decide": adaptertest.Logs + `{"verdict":"allow"}`}), 0o600); err != nil {
				return err
			}
			env.Setenv("TMPDIR", filepath.Join(env.WorkDir, "tmp"))
			env.Values[scriptKey{}] = &script{processes: map[string]*process{}}
			return os.Mkdir(filepath.Join(env.WorkDir, "tmp"), 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"demo": demo, "application": application, "server": server, "end": end,
			"http": request, "until": until, "json": check, "capture": capture, "freeport": freePort,
			"shows": shows, "watch": watch, "says": says,
		},
	})
}
