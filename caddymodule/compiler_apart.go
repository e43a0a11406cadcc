package caddymodule

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/spf13/cobra"

	"github.com/caddy-scim/caddy-scim/plugins"
)

// compileSourceCommand is the command of `caddy scim` that runs one Compiler, for the process that starts it. It is of
// no use to people.
const compileSourceCommand = "compile-source"

const (
	// compileSourceTime bounds a Compiler in processor time, compileSourceWall in time.
	compileSourceTime = 10 * time.Second
	compileSourceWall = time.Minute
	// maxProblemBytes bounds what a Compiler says of a source.
	maxProblemBytes = 16 << 10
)

// compiledSource is the answer of a Compiler's process.
type compiledSource struct {
	Module  []byte `json:"module,omitempty"`
	Problem string `json:"problem,omitempty"`
}

// compileApart runs a Compiler in a process of its own: this program once more, without its environment, which may hold
// secrets. What was compiled last is remembered, so that a reload that changes no source compiles none.
func compileApart(ctx context.Context, id caddy.ModuleID, name string, source []byte) (wasm []byte, err error) {
	key := sha256.Sum256(append([]byte(id+"\x00"), source...))
	if wasm, ok := compiledSources.Get(key); ok {
		return wasm, nil
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the program that compiles policies: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, compileSourceWall)
	defer cancel()
	cmd := exec.CommandContext(ctx, exe) //nolint:gosec // this very program
	cmd.Args = []string{os.Args[0], "scim", compileSourceCommand, string(id), name}
	cmd.Env, cmd.WaitDelay = []string{"GOMAXPROCS=1"}, time.Second
	cmd.Stdin = bytes.NewReader(source)
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%s: compiling it: %w", name, context.Cause(ctx))
	}
	var answer compiledSource
	switch jsonErr := json.Unmarshal(out, &answer); {
	case jsonErr == nil && answer.Problem != "":
		return nil, errors.New(answer.Problem)
	case jsonErr == nil && err == nil && len(answer.Module) > 0:
		compiledSources.Add(key, answer.Module)
		return answer.Module, nil
	case cmd.ProcessState == nil:
		return nil, fmt.Errorf("%s: start %s: %w", name, exe, err)
	}
	return nil, fmt.Errorf("%s: its compiler crashed or took more than %v of a processor (%w)", name, compileSourceTime, cmp.Or(err, errors.New("no answer")))
}

// compileSourceMain is the whole life of a Compiler's process.
func compileSourceMain(ctx context.Context, id, name string, from io.Reader, to io.Writer) error {
	say := func(answer compiledSource) error { return json.NewEncoder(to).Encode(answer) }
	var once sync.Once
	defer plugins.Confine(compileSourceTime, func(problem string) {
		once.Do(func() { _ = say(compiledSource{Problem: name + ": " + problem}) }) // there is nobody else to tell
	})()
	wasm, err := compileSource(ctx, id, name, from)
	once.Do(func() {
		if err != nil {
			problem := cmp.Or(err.Error(), "it cannot be compiled")
			err = say(compiledSource{Problem: problem[:min(len(problem), maxProblemBytes)]})
			return
		}
		err = say(compiledSource{Module: wasm})
	})
	return err
}

func compileSource(ctx context.Context, id, name string, from io.Reader) ([]byte, error) {
	source, err := io.ReadAll(from)
	if err != nil {
		return nil, err
	}
	info, err := caddy.GetModule(id)
	if err != nil {
		return nil, err
	}
	compiler, ok := info.New().(Compiler)
	if !ok {
		return nil, fmt.Errorf("the module %s is no compiler of policies", info.ID)
	}
	return compiler.Compile(ctx, name, source)
}

func compilerCommand() *cobra.Command {
	return &cobra.Command{
		Use:    compileSourceCommand,
		Short:  "Compiles the source of a policy for the process that asks for it",
		Hidden: true,
		Args:   cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return compileSourceMain(cmd.Context(), args[0], args[1], os.Stdin, os.Stdout)
		},
	}
}

// compiledSources is what was compiled last. Each has a few hundred kilobytes.
var compiledSources = func() *lru.Cache[[sha256.Size]byte, []byte] {
	cache, err := lru.New[[sha256.Size]byte, []byte](32)
	if err != nil { // the size is wrong
		panic(err)
	}
	return cache
}()
