// firebase-admin for Java reads, listens, queries, writes and transacts, beside a broker and a relay that are at work.
// Environment: FIREBASE_DATABASE_EMULATOR_HOST. The last line counts the checks.
import com.google.auth.oauth2.AccessToken;
import com.google.auth.oauth2.GoogleCredentials;
import com.google.firebase.FirebaseApp;
import com.google.firebase.FirebaseOptions;
import com.google.firebase.database.DataSnapshot;
import com.google.firebase.database.DatabaseError;
import com.google.firebase.database.DatabaseReference;
import com.google.firebase.database.FirebaseDatabase;
import com.google.firebase.database.MutableData;
import com.google.firebase.database.Query;
import com.google.firebase.database.Transaction;
import com.google.firebase.database.ValueEventListener;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

public class AdminTest {
  static final long PATIENCE_SECONDS = 30;
  static FirebaseDatabase database;

  interface Test {
    void run() throws Exception;
  }

  static DatabaseReference at(String place) {
    return database.getReference(place);
  }

  static void check(boolean holds, Object found) {
    if (!holds) throw new AssertionError(String.valueOf(found));
  }

  static void checkEqual(Object found, Object expected) {
    check(expected == null ? found == null : expected.equals(found), found + " instead of " + expected);
  }

  /** Calls `take` for each value; `failed` when the database refuses. */
  static ValueEventListener listener(java.util.function.Consumer<DataSnapshot> take, CompletableFuture<?> failed) {
    return new ValueEventListener() {
      @Override
      public void onDataChange(DataSnapshot snapshot) {
        take.accept(snapshot);
      }

      @Override
      public void onCancelled(DatabaseError error) {
        failed.completeExceptionally(error.toException());
      }
    };
  }

  static DataSnapshot once(Query query) throws Exception {
    CompletableFuture<DataSnapshot> first = new CompletableFuture<>();
    query.addListenerForSingleValueEvent(listener(first::complete, first));
    return first.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  static Object value(String place) throws Exception {
    return once(at(place)).getValue();
  }

  static void reads() throws Exception {
    checkEqual(value("services/BRK%2EB/symbol"), "BRK.B");
    String price = once(at("services")).child("BRK%2EB/price").getValue(String.class);
    check(price.matches("\\d+\\.\\d\\d"), price);
  }

  static void listens() throws Exception {
    Set<Object> prices = ConcurrentHashMap.newKeySet();
    CompletableFuture<Boolean> enough = new CompletableFuture<>();
    ValueEventListener listener = listener(snapshot -> {
      prices.add(snapshot.getValue());
      if (prices.size() >= 3) enough.complete(true);
    }, enough);
    at("services/AAPL/price").addValueEventListener(listener);
    enough.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    at("services/AAPL/price").removeEventListener(listener);
  }

  static void queries() throws Exception {
    List<String> keys = new ArrayList<>();
    for (DataSnapshot order : once(at("history/AAPL/orders").orderByKey().limitToLast(5)).getChildren()) {
      keys.add(order.getKey());
      checkEqual(order.child("order_data/order/symbol").getValue(), "AAPL");
    }
    check(keys.size() == 5 && keys.stream().sorted().toList().equals(keys), keys);
    at("clients/java/list").setValueAsync(Map.of("a", 1, "b", 2, "c", 3)).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    checkEqual(once(at("clients/java/list").orderByKey().startAt("b")).getValue(), Map.of("b", 2L, "c", 3L));
  }

  static void writes() throws Exception {
    Map<String, Object> update = new HashMap<>();
    update.put("list/a", null);
    update.put("deep/x%2Ey", "z");
    at("clients/java").updateChildrenAsync(update).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    checkEqual(value("clients/java"), Map.of("list", Map.of("b", 2L, "c", 3L), "deep", Map.of("x%2Ey", "z")));
    DatabaseReference pushed = at("clients/java/log").push();
    pushed.setValueAsync(Map.of("n", 1)).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    checkEqual(pushed.getKey().length(), 20);
    pushed.removeValueAsync().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    checkEqual(value("clients/java/log"), null);
  }

  static void transacts() throws Exception {
    int times = 10;
    CountDownLatch committed = new CountDownLatch(times);
    for (int i = 0; i < times; ++i) {
      at("clients/java/count").runTransaction(new Transaction.Handler() {
        @Override
        public Transaction.Result doTransaction(MutableData data) {
          Long count = data.getValue(Long.class);
          data.setValue(count == null ? 1 : count + 1);
          return Transaction.success(data);
        }

        @Override
        public void onComplete(DatabaseError error, boolean isCommitted, DataSnapshot snapshot) {
          if (isCommitted) committed.countDown();
        }
      });
    }
    check(committed.await(PATIENCE_SECONDS, TimeUnit.SECONDS), committed);
    checkEqual(value("clients/java/count"), (long) times);
  }

  /** The emulator's owner: what the SDK asks of credentials is a token. */
  static GoogleCredentials owner() {
    return GoogleCredentials.create(new AccessToken("owner", new Date(System.currentTimeMillis() + TimeUnit.DAYS.toMillis(1))));
  }

  public static void main(String[] arguments) {
    String host = System.getenv("FIREBASE_DATABASE_EMULATOR_HOST");
    FirebaseApp.initializeApp(FirebaseOptions.builder().setCredentials(owner()).setDatabaseUrl("http://" + host + "?ns=demo").build());
    database = FirebaseDatabase.getInstance();
    Map<String, Test> tests = new LinkedHashMap<>();
    tests.put("reads what the relay wrote, by the key as it stands in the tree", AdminTest::reads);
    tests.put("listens to a price that moves", AdminTest::listens);
    tests.put("queries the newest orders by their keys", AdminTest::queries);
    tests.put("writes, updates several places at once, pushes and removes", AdminTest::writes);
    tests.put("transacts, several at once", AdminTest::transacts);
    int failed = 0;
    for (Map.Entry<String, Test> each : tests.entrySet()) {
      long begin = System.currentTimeMillis();
      try {
        each.getValue().run();
        System.out.printf("ok      %s (%d ms)%n", each.getKey(), System.currentTimeMillis() - begin);
      } catch (Exception | AssertionError error) {
        ++failed;
        System.out.printf("FAILED  %s%n%s%n", each.getKey(), error);
      }
    }
    System.out.printf("%d passed, %d failed%n", tests.size() - failed, failed);
    System.exit(failed == 0 ? 0 : 1);
  }
}
