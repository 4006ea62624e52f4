package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/cordonhq/cordon"
)

// AddNotice puts a notice into the outbox of each channel.
func (t *Tx) AddNotice(ctx context.Context, n cordon.Notice, channels []string) error {
	if err := t.exec(ctx, `INSERT INTO notices (id, tenant_id, body, at_us) VALUES ($1,$2,$3,$4)`,
		n.ID, n.TenantID, asJSON(n), us(n.At)); err != nil {
		return err
	}
	for _, channel := range channels {
		if err := t.exec(ctx, `INSERT INTO deliveries (notice_id, channel, state, attempts, due_us, error)
			VALUES ($1,$2,'due',0,$3,'') ON CONFLICT DO NOTHING`, n.ID, channel, us(n.At)); err != nil {
			return err
		}
	}
	return nil
}

// A Delivery is one notice on its way through one channel.
type Delivery struct {
	Notice   cordon.Notice
	Channel  string
	Attempts int
}

// DueDeliveries returns what is to be sent through a channel at now, oldest
// notice first.
func (t *Tx) DueDeliveries(ctx context.Context, channel string, now time.Time, limit int) ([]Delivery, error) {
	return all(ctx, t, func(r scanner) (d Delivery, err error) {
		var body string
		if err := r.Scan(&body, &d.Channel, &d.Attempts); err != nil {
			return d, err
		}
		return d, json.Unmarshal([]byte(body), &d.Notice)
	}, `SELECT n.body, d.channel, d.attempts FROM deliveries d JOIN notices n ON n.id = d.notice_id
		WHERE d.channel = $1 AND d.state = 'due' AND d.due_us <= $2 ORDER BY n.at_us, n.id LIMIT $3`, channel, us(now), limit)
}

// Delivered says that a delivery arrived.
func (t *Tx) Delivered(ctx context.Context, d Delivery) error {
	return t.exec(ctx, `UPDATE deliveries SET state = 'sent', attempts = attempts + 1, error = '' WHERE notice_id = $1 AND channel = $2`,
		d.Notice.ID, d.Channel)
}

// Undelivered says that a delivery failed: it is due again at next, or dead
// when next is zero.
func (t *Tx) Undelivered(ctx context.Context, d Delivery, reason string, next time.Time) error {
	state := "due"
	if next.IsZero() {
		state = "dead"
	}
	return t.exec(ctx, `UPDATE deliveries SET state = $3, attempts = attempts + 1, due_us = $4, error = $5
		WHERE notice_id = $1 AND channel = $2`, d.Notice.ID, d.Channel, state, us(next), reason)
}
