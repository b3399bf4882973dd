// firebase-admin for Go reads, follows, queries, writes and transacts, beside a broker and a relay that are at work.
// Its SDK has no listeners: what changes is asked for again, by an ETag.
//
// Environment: FIREBASE_DATABASE_EMULATOR_HOST. The last line counts the checks.
package main

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"time"

	firebase "firebase.google.com/go/v4"
	"firebase.google.com/go/v4/db"
)

type object = map[string]interface{}

var (
	ctx      = context.Background()
	database *db.Client
)

func check(holds bool, found ...interface{}) {
	if !holds {
		panic(fmt.Sprint(found...))
	}
}

func get(place string) (value interface{}) {
	err := database.NewRef(place).Get(ctx, &value)
	check(err == nil, err)
	return value
}

func reads() {
	check(get("services/BRK%252EB/symbol") == "BRK.B", get("services/BRK%252EB"))
	price := get("services").(object)["BRK%2EB"].(object)["price"].(string)
	check(regexp.MustCompile(`^\d+\.\d\d$`).MatchString(price), price)
}

func follows() {
	place := database.NewRef("services/AAPL/price")
	prices := map[string]bool{}
	var price, etag string
	for deadline := time.Now().Add(30 * time.Second); len(prices) < 3; time.Sleep(50 * time.Millisecond) {
		check(time.Now().Before(deadline), prices)
		changed, newest, err := place.GetIfChanged(ctx, etag, &price)
		check(err == nil, err)
		if changed {
			etag = newest
			prices[price] = true
		}
	}
}

func queries() {
	orders, err := database.NewRef("history/AAPL/orders").OrderByKey().LimitToLast(5).GetOrdered(ctx)
	check(err == nil && len(orders) == 5, err, len(orders))
	for i := 1; i < len(orders); i++ {
		check(orders[i-1].Key() < orders[i].Key(), orders[i].Key())
	}
	list := database.NewRef("clients/go/list")
	check(list.Set(ctx, object{"a": 1, "b": 2, "c": 3}) == nil)
	var part object
	err = list.OrderByKey().StartAt("b").Get(ctx, &part)
	check(err == nil && reflect.DeepEqual(part, object{"b": 2., "c": 3.}), err, part)
}

func writes() {
	place := database.NewRef("clients/go")
	// Keys of a body are keys as they stand.
	check(place.Update(ctx, object{"list/a": nil, "deep/x%2Ey": "z"}) == nil)
	expected := object{"list": object{"b": 2., "c": 3.}, "deep": object{"x%2Ey": "z"}}
	check(reflect.DeepEqual(get("clients/go"), expected), get("clients/go"))
	pushed, err := place.Child("log").Push(ctx, object{"n": 1})
	check(err == nil && len(pushed.Key) == 20, err)
	check(pushed.Delete(ctx) == nil && get("clients/go/log") == nil)
}

func transacts() {
	addOne := func(node db.TransactionNode) (interface{}, error) {
		var count int
		err := node.Unmarshal(&count)
		return count + 1, err
	}
	var all sync.WaitGroup
	errors := make([]error, 5)
	for i := range errors {
		all.Add(1)
		go func() {
			defer all.Done()
			errors[i] = database.NewRef("clients/go/count").Transaction(ctx, addOne)
		}()
	}
	all.Wait()
	for _, err := range errors {
		check(err == nil, err)
	}
	check(get("clients/go/count") == 5., get("clients/go/count"))
}

// run says how a test ended; it ends where a check does not hold.
func run(name string, test func()) (passed bool) {
	begin := time.Now()
	defer func() {
		if found := recover(); found != nil {
			fmt.Printf("FAILED  %s\n%v\n", name, found)
		}
	}()
	test()
	fmt.Printf("ok      %s (%d ms)\n", name, time.Since(begin).Milliseconds())
	return true
}

func main() {
	// It takes no address of digits, and no http://.
	host := strings.Replace(os.Getenv("FIREBASE_DATABASE_EMULATOR_HOST"), "127.0.0.1", "localhost", 1)
	config := &firebase.Config{DatabaseURL: host + "?ns=demo"}
	app, err := firebase.NewApp(ctx, config)
	if err == nil {
		database, err = app.Database(ctx)
	}
	if err != nil {
		panic(err)
	}
	tests := []struct {
		name string
		test func()
	}{
		{"reads what the relay wrote, by the key encoded once more", reads},
		{"follows a price that moves, by its ETag", follows},
		{"queries the newest orders by their keys", queries},
		{"writes, updates several places at once, pushes and removes", writes},
		{"transacts, several at once", transacts},
	}
	passed := 0
	for _, each := range tests {
		if run(each.name, each.test) {
			passed++
		}
	}
	fmt.Printf("%d passed, %d failed\n", passed, len(tests)-passed)
	if passed < len(tests) {
		os.Exit(1)
	}
}
