package microsoft

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"
)

const (
	pathSubscriptions = "/v1.0/subscriptions"
	// subscriptionLongest is how long a subscription to users may live.
	//
	// Source: microsoft-graph-docs change-notifications subscription-lifetime.
	subscriptionLongest = 41_760 * time.Minute
	// clientStateLongest is how long the secret of a subscription may be.
	clientStateLongest = 128
)

// A UserSubscription says where Graph tells that users have changed.
type UserSubscription struct {
	NotificationURL string
	LifecycleURL    string    // where it tells that the subscription is in trouble; may be empty
	ClientState     string    // a secret that comes back with every notification
	Expires         time.Time // at most 29 days ahead
}

// SubscribeUsers asks Graph to tell when users are changed or deleted. Graph
// calls both URLs before it answers. Nothing else that Cordon watches can be
// subscribed to.
//
// Wire:  POST /subscriptions
// Needs: User.Read.All
func (s *SubscriptionsService) SubscribeUsers(ctx context.Context, n UserSubscription, requestID string) (Subscription, error) {
	c := (*core)(s)
	q := edit(http.MethodPost, graph, FamilySubscriptions, pathSubscriptions, requestID)
	if why := n.strange(c.hub.now()); why != "" {
		return Subscription{}, c.bad(q, why)
	}
	body := map[string]string{"changeType": "updated,deleted", "resource": "users", "notificationUrl": n.NotificationURL,
		"clientState": n.ClientState, "expirationDateTime": wireTime(n.Expires)}
	if n.LifecycleURL != "" {
		body["lifecycleNotificationUrl"] = n.LifecycleURL
	}
	made, err := answered[Subscription](ctx, c, q, body)
	if err == nil && made.ID == "" {
		err = c.odd(q, "the answer names no subscription")
	}
	var e *Error
	if errors.As(err, &e) {
		e.Message = scrub(e.Message, n.ClientState)
	}
	return made, err
}

// strange says what is wrong with a subscription, or "".
func (n UserSubscription) strange(now time.Time) string {
	switch {
	case !isHTTPS(n.NotificationURL), n.LifecycleURL != "" && !isHTTPS(n.LifecycleURL):
		return "notifications go to an https URL"
	case n.ClientState == "" || len(n.ClientState) > clientStateLongest:
		return "a client state has 1 to 128 characters"
	}
	return strangeEnd(now, n.Expires)
}

func strangeEnd(now, end time.Time) string {
	if !end.After(now) || end.Sub(now) > subscriptionLongest {
		return "a subscription ends within 29 days"
	}
	return ""
}

func isHTTPS(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil
}

func wireTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000Z") }

// Renew lets a subscription live until then.
//
// Wire:  PATCH /subscriptions/{id}
// Needs: User.Read.All
func (s *SubscriptionsService) Renew(ctx context.Context, id string, expires time.Time, requestID string) (Subscription, error) {
	c := (*core)(s)
	q := edit(http.MethodPatch, graph, FamilySubscriptions, pathSubscriptions+"/"+segment(id), requestID)
	if why := strangeEnd(c.hub.now(), expires); why != "" || !isOpaque(id) {
		return Subscription{}, c.bad(q, "needs the id of a subscription and an end within 29 days")
	}
	return answered[Subscription](ctx, c, q, map[string]string{"expirationDateTime": wireTime(expires)})
}

// Delete ends a subscription.
//
// Wire:  DELETE /subscriptions/{id}
// Needs: User.Read.All
func (s *SubscriptionsService) Delete(ctx context.Context, id, requestID string) error {
	c := (*core)(s)
	q := edit(http.MethodDelete, graph, FamilySubscriptions, pathSubscriptions+"/"+segment(id), requestID)
	if !isOpaque(id) {
		return c.bad(q, "not the id of a subscription")
	}
	_, err := c.send(ctx, q, nil)
	return err
}

// List returns the subscriptions of this app in the tenant.
//
// Wire:  GET /subscriptions
// Needs: User.Read.All
func (s *SubscriptionsService) List(ctx context.Context) ([]Subscription, error) {
	return collect[Subscription](ctx, (*core)(s), get(graph, FamilySubscriptions, 1, pathSubscriptions, ""))
}

// A Subscription is a promise of Graph to tell. The client state is left out:
// it is a secret, and the caller has it.
//
// Source: v1.0 metadata, subscription.
type Subscription struct {
	ID                       string `json:"id"`
	Resource                 string `json:"resource"`
	ChangeType               string `json:"changeType"`
	ApplicationID            string `json:"applicationId"`
	CreatorID                string `json:"creatorId"`
	NotificationURL          string `json:"notificationUrl"`
	LifecycleNotificationURL string `json:"lifecycleNotificationUrl"`
	ExpirationDateTime       string `json:"expirationDateTime"`
}
