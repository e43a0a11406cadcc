package pace

import "sync"

// Registry has the applications of a process by their names.
type Registry struct {
	mu   sync.Mutex
	apps map[string]*Application
}

// Get returns the application of a name, with this configuration where it is a new one.
func (r *Registry) Get(name string, cfg Config) *Application {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.apps[name]
	if a == nil {
		if r.apps == nil {
			r.apps = map[string]*Application{}
		}
		a = New(name, cfg)
		r.apps[name] = a
	}
	return a
}

// Use sets what the applications can bear, and forgets those that stay refuses. Where several configurations are given
// for one, the strictest holds in each respect.
func (r *Registry) Use(configs map[string][]Config, stay func(name string) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, a := range r.apps {
		list := configs[name]
		if len(list) == 0 {
			if !stay(name) {
				delete(r.apps, name)
			}
			continue
		}
		all := list[0].withDefaults()
		for _, cfg := range list[1:] {
			all = all.and(cfg.withDefaults())
		}
		a.Configure(all)
	}
}
