package bench_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tavoli/adapters/bolt"
	"tavoli/adapters/memory"
	"tavoli/domain"
	"tavoli/projections"
	"tavoli/tests/storetest"
)

// BenchmarkReplay reads a million events, unless TAVOLI_BENCH_EVENTS says otherwise,
// out of the bolt store into all read models, against one ordered SELECT from
// PostgreSQL whose rows are decoded with encoding/json into the same models: four
// times is due.
func BenchmarkReplay(b *testing.B) {
	events := 1_000_000
	if n, err := strconv.Atoi(os.Getenv("TAVOLI_BENCH_EVENTS")); err == nil {
		events = n
	}
	keys := memory.NewKeys()
	store := openBolt(b, benchDir(b))
	defer closeStore(b, store)
	n, _, err := storetest.Fill(b.Context(), store, keys, events)
	if err != nil {
		b.Fatal(err)
	}
	p, err := startPostgres(b)
	if errors.Is(err, errNoPostgres) {
		b.Skip(err)
	}
	if err == nil {
		err = p.copyFrom(b.Context(), store)
	}
	if err != nil {
		b.Fatal(err)
	}
	open := domain.Vault{Keys: keys, Log: store}.Open
	once(b, func() {
		m := compare(b,
			func() (float64, error) { return timeReplay(b, store, keys, n) },
			func() (float64, error) { return p.replay(b.Context(), open, n) })
		b.Logf("%d events: %.0f/s from bolt, %.0f/s from PostgreSQL with encoding/json", n, m[0], m[1])
		b.ReportMetric(m[0], "events/s")
		b.ReportMetric(m[0]/m[1], "x-postgres")
	})
}

// timeReplay lets a fresh view follow the log to its head.
func timeReplay(b *testing.B, store *bolt.Store, keys domain.Keys, n int) (float64, error) {
	began := time.Now()
	v := started(b, store, keys, nil)
	took := time.Since(began).Seconds()
	if applied := v.Stats(b.Context()).Applied; int(applied) != n {
		return 0, fmt.Errorf("%d events applied of %d", applied, n)
	}
	return float64(n) / took, nil
}

// copyFrom copies every entry of a log into the table.
func (p *postgres) copyFrom(ctx context.Context, log domain.Log) error {
	conn, err := p.connect(ctx)
	if err != nil {
		return err
	}
	defer hangUp(ctx, conn)
	for page, err := range log.ReadAll(ctx, 0) {
		if err != nil {
			return err
		}
		rows := make([][]any, len(page.Entries))
		for i, e := range page.Entries {
			r, err := e.Envelope()
			if err != nil {
				return err
			}
			rows[i] = []any{int64(e.Position), string(r.Stream), int64(r.Revision), e.Bytes}
		}
		if _, err := conn.CopyFrom(ctx, pgx.Identifier{"events"}, []string{"position", "stream", "revision", "entry"}, pgx.CopyFromRows(rows)); err != nil {
			return err
		}
	}
	_, err = conn.Exec(ctx, "ANALYZE events")
	return err
}

// replay reads the table in order into models.
func (p *postgres) replay(ctx context.Context, open projections.Opener, n int) (float64, error) {
	conn, err := p.connect(ctx)
	if err != nil {
		return 0, err
	}
	defer hangUp(ctx, conn)
	began := time.Now()
	rows, err := conn.Query(ctx, "SELECT position, entry FROM events ORDER BY position")
	if err != nil {
		return 0, err
	}
	models, count := projections.NewModels(), 0
	var position int64
	var entry []byte
	_, err = pgx.ForEachRow(rows, []any{&position, &entry}, func() error {
		count++
		rec, err := plainRecord(domain.Position(position), entry, open)
		if err == nil {
			models.Apply(&rec)
		}
		return err
	})
	if err == nil && count != n {
		err = fmt.Errorf("%d rows of %d", count, n)
	}
	return float64(n) / time.Since(began).Seconds(), err
}

// plain is an entry as encoding/json reads it.
type plain struct {
	ID          uuid.UUID       `json:"id"`
	Type        string          `json:"type"`
	Schema      int             `json:"schema"`
	Stream      domain.Stream   `json:"stream"`
	Revision    domain.Revision `json:"revision"`
	RecordedAt  time.Time       `json:"recorded_at"`
	EffectiveAt time.Time       `json:"effective_at"`
	Actor       domain.Actor    `json:"actor"`
	Command     uuid.UUID       `json:"command"`
	Correlation uuid.UUID       `json:"correlation"`
	Causation   uuid.UUID       `json:"causation"`
	Request     string          `json:"request"`
	Data        json.RawMessage `json:"data"`
}

// kinds are the events of the great register.
var kinds = map[string]reflect.Type{
	"EnteRegistered":        reflect.TypeFor[domain.EnteRegistered](),
	"TavoloPlanned":         reflect.TypeFor[domain.TavoloPlanned](),
	"TavoloConvened":        reflect.TypeFor[domain.TavoloConvened](),
	"TavoloOpened":          reflect.TypeFor[domain.TavoloOpened](),
	"TavoloClosed":          reflect.TypeFor[domain.TavoloClosed](),
	"ParticipantRegistered": reflect.TypeFor[domain.ParticipantRegistered](),
	"ParticipantWaitlisted": reflect.TypeFor[domain.ParticipantWaitlisted](),
	"ParticipantWithdrawn":  reflect.TypeFor[domain.ParticipantWithdrawn](),
	"PresenceRecorded":      reflect.TypeFor[domain.PresenceRecorded](),
	"PersonDescribed":       reflect.TypeFor[domain.PersonDescribed](),
}

// plainRecord reads an entry with encoding/json alone.
func plainRecord(at domain.Position, entry []byte, open projections.Opener) (domain.Record, error) {
	var p plain
	if err := json.Unmarshal(entry, &p); err != nil {
		return domain.Record{}, err
	}
	kind, ok := kinds[p.Type]
	if !ok {
		return domain.Record{}, fmt.Errorf("the benchmark does not know %s", p.Type)
	}
	event := reflect.New(kind)
	if err := json.Unmarshal(p.Data, event.Interface()); err != nil {
		return domain.Record{}, err
	}
	rec := domain.Record{
		Position: at, Stream: p.Stream, Revision: p.Revision, ID: p.ID, Type: p.Type, Schema: p.Schema,
		RecordedAt: p.RecordedAt, EffectiveAt: p.EffectiveAt, Actor: p.Actor, Command: p.Command,
		Correlation: p.Correlation, Causation: p.Causation, Request: p.Request, Data: p.Data, Event: event.Elem().Interface().(domain.Event),
	}
	if d, ok := rec.Event.(domain.PersonDescribed); ok {
		values, err := open(d)
		if err != nil {
			return domain.Record{}, err
		}
		rec.Values = &values
	}
	return rec, nil
}
