package domain_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/memory"
	"tavoli/domain"
)

// BenchmarkExecute carries out registrations over a store in memory: what is
// left is deciding, encoding and handing over.
func BenchmarkExecute(b *testing.B) {
	for _, tavoli := range []int{1, 200} {
		b.Run(fmt.Sprintf("%d tavoli", tavoli), func(b *testing.B) {
			store := memory.New(time.Now)
			x := &domain.Executor{Store: store}
			vault := domain.Vault{Keys: memory.NewKeys(), Log: store}
			for i := range tavoli {
				prepare(b, x, domain.TavoloID(fmt.Sprint("t", i)))
			}
			var n atomic.Int64
			b.ReportAllocs()
			b.SetParallelism(32)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					i := n.Add(1)
					m := domain.Meta{At: time.Now(), Actor: "public", Command: uuid.New()}
					c := &domain.RegisterParticipant{Tavolo: domain.TavoloID(fmt.Sprint("t", i%int64(tavoli))), Mode: domain.Online, Ente: &alcamo,
						Person: domain.Person{Values: domain.Values{GivenName: "Anna", FamilyName: "Esempio", Email: "anna@example.org"}}}
					if err := c.Introduce(b.Context(), vault, m); err != nil {
						b.Error(err)
					}
					if _, err := domain.Execute[*domain.Tavolo](b.Context(), x, c, m); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

func prepare(b *testing.B, x *domain.Executor, id domain.TavoloID) {
	b.Helper()
	plan := &domain.PlanTavolo{Tavolo: id, Subject: "s", Mode: domain.Online, When: domain.When{Day: "2022-05-25"}}
	if _, err := domain.Execute[*domain.Tavolo](b.Context(), x, plan, domain.Meta{At: now, Actor: "system", Command: uuid.New()}); err != nil {
		b.Fatal(err)
	}
	if _, err := domain.Execute[*domain.Tavolo](b.Context(), x, domain.ConveneTavolo{Tavolo: id}, domain.Meta{At: now, Actor: "system", Command: uuid.New()}); err != nil {
		b.Fatal(err)
	}
	ente := domain.RegisterEnte{Kind: alcamo.Kind, Code: alcamo.Code, Official: "Alcamo", Province: "TP"}
	if _, err := domain.Execute[*domain.Ente](b.Context(), x, ente, domain.Meta{At: now, Actor: "system", Command: uuid.New()}); err != nil {
		b.Fatal(err)
	}
}
