package policy

// TakesSeat reports whether a write makes one more user active: it creates one who is
// active, or lets one come back who was not.
func TakesSeat(in *DecideInput) (bool, error) {
	if in.ResourceType != TypeUser || in.Operation == OpDelete {
		return false, nil
	}
	after, err := ParseUser(in.After)
	if err != nil || !after.IsActive() {
		return false, err
	}
	if in.Operation == OpCreate {
		return true, nil
	}
	before, err := ParseUser(in.Before)
	return err == nil && !before.IsActive(), err
}

// SeatsLeft returns how many more active users the tenant may have, which is less
// than 0 where it has too many, and whether that is known: the operator must have set
// a limit, and the policy must list NeedCounts in Needs.
func SeatsLeft(in *DecideInput) (left int, known bool) {
	if in.Tenant.SeatLimit == 0 || in.Tenant.Counts == nil {
		return 0, false
	}
	return in.Tenant.SeatLimit - in.Tenant.Counts.ActiveUsers, true
}
