package members

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	policy "github.com/caddy-scim/caddy-scim/plugins/sdk/go"
)

// member is an account in the application's own words. Every field is always sent,
// so that one that was emptied in SCIM is emptied in the application too.
type member struct {
	Login      string `json:"login"`
	Mail       string `json:"mail"`
	FullName   string `json:"full_name"`
	Given      string `json:"given"`
	Family     string `json:"family"`
	Role       string `json:"role"`
	Department string `json:"dept"`
	Title      string `json:"title"`
	Ref        string `json:"ref"`
}

// Map says in the application's API what an action means. Groups are left to the
// connector's field map.
func Map(in *policy.MapInput) (*policy.MapOutput, error) {
	if in.ResourceType != policy.TypeUser {
		return policy.Declarative(), nil
	}
	if in.Action == policy.ActionCreate {
		return withMember(in, "POST", "/members")
	}
	if in.LegacyID == "" {
		return nil, errors.New("the application's number of the member is not known")
	}
	account := "/members/" + url.PathEscape(in.LegacyID)
	switch in.Action {
	case policy.ActionUpdate:
		return withMember(in, "PATCH", account)
	case policy.ActionSuspend, policy.ActionDeactivate:
		return policy.Requests(policy.Request{Method: "POST", Path: account + "/suspend"}), nil
	case policy.ActionReactivate:
		return policy.Requests(policy.Request{Method: "POST", Path: account + "/restore"}), nil
	case policy.ActionDelete:
		return policy.Requests(policy.Request{Method: "DELETE", Path: account}), nil
	}
	return nil, fmt.Errorf("the action %q means nothing for a user", in.Action)
}

// withMember answers with one request that carries the whole member.
func withMember(in *policy.MapInput, method, path string) (*policy.MapOutput, error) {
	user, err := policy.ParseUser(in.After)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(member{
		Login:      user.UserName,
		Mail:       user.Email(),
		FullName:   user.FullName(),
		Given:      user.Name.GivenName,
		Family:     user.Name.FamilyName,
		Role:       roleOf(user),
		Department: user.Enterprise.Department,
		Title:      user.Title,
		Ref:        in.ID,
	})
	if err != nil {
		return nil, err
	}
	return policy.Requests(policy.Request{Method: method, Path: path, Body: body}), nil
}
