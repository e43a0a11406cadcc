// Package oauth checks OAuth 2.0 access tokens that are JWTs (RFC 7519, RFC 9068): a connection of a tenant trusts an
// issuer for an audience, and whoever presents a token that the issuer signed for it, with the scope scim and still
// valid, speaks for that connection, as the IPSIE AL1 profile asks.
//
// The issuer's keys are fetched when the first token comes, never before, and kept within bounds ([Keys]): fetched again
// from time to time and when a token names a key that is not known, no more often than a flood of such tokens may cost,
// and used beyond their time for a while if the issuer cannot be reached.
package oauth
