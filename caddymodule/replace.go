package caddymodule

import (
	"errors"
	"fmt"
	"strings"

	"github.com/caddyserver/caddy/v2"
)

// replace puts the environment variable NAME in the place of {env.NAME} and the content of the file at PATH in the
// place of {file.PATH}. A backslash makes a brace an ordinary character.
//
// # Errors
//
// One for a variable that is not set or empty, for a file that cannot be read or is empty, and for any other
// placeholder. As s may be a secret that somebody wrote out, no error holds more of it than a name after env. or file.
func replace(s string) (string, error) {
	out, err := caddy.NewReplacer().ReplaceFunc(s, func(key string, value any) (any, error) {
		env, isEnv := strings.CutPrefix(key, "env.")
		file, isFile := strings.CutPrefix(key, "file.")
		empty := caddy.ToString(value) == ""
		switch {
		case isEnv && empty:
			return nil, fmt.Errorf("the environment variable %s is not set or empty", env)
		case isFile && empty:
			return nil, fmt.Errorf("the file %s cannot be read or is empty", file)
		case !isEnv && !isFile:
			return nil, errors.New(`it has a placeholder that is none of {env.*} and {file.*}; write \{ for a brace`)
		}
		return value, nil
	})
	if err != nil {
		return "", err
	}
	return out, nil
}

// secret is replace for what must not be empty.
func secret(s string) (string, error) {
	if s == "" {
		return "", errors.New("it is empty")
	}
	return replace(s)
}
