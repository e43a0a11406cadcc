// Package connector turns actions into HTTP requests on the application's own API and tells what came of them.
//
// It is declarative: a Route per action says method and path, a field map says how the body is built from the SCIM
// resource. A policy may make the requests instead; they are then joined under the base URL and can go nowhere else.
//
// What comes from a SCIM resource or from a policy is hostile. A value in a path stays one segment of that path, a
// value in a query stays one value, a value in a body is a JSON string; headers come from the configuration alone; no
// redirect is followed; answers are bounded and only a short, plain text of them is passed on.
//
// The package keeps no state and retries nothing: an Outcome says whether to try again, and the caller does.
package connector
