// Package event makes SCIM events into Security Event Tokens (RFC 9967, RFC 8417): their claims, the keys that sign
// them, and the sending of one to a receiver (RFC 8935). It knows neither tenants nor queues.
package event
