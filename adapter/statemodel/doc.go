// Package statemodel checks the state machine of package adapter: its tests run the whole of caddy-scim in memory and in
// simulated time, let the process die at every point, and hold each transaction and each call on the application against
// the invariants that docs/state.md lists. There is nothing in it but tests.
package statemodel
