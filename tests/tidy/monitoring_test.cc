// What monitoring/ says about the program: metrics that exist, alerts that are explained and tested.
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>

#include "observe/metric_table.h"
#include "support/paths.h"

namespace firebase_relay {
namespace {

const char* const kDashboard = "monitoring/grafana/dashboards/firebase-relay.json";

/// Of a file of the tree.
std::string content_of(const std::string& file) {
  std::string text = test_support::bytes_of(test_support::source_dir() + "/" + file);
  EXPECT_FALSE(text.empty()) << file;
  return text;
}

/// What the first group of `pattern` takes, everywhere in `text`.
std::set<std::string> all_of(const std::string& text, const char* pattern) {
  const std::regex expression(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), expression), end; it != end; ++it) found.insert((*it)[1]);
  return found;
}

/// As scraped: a histogram is three series.
std::set<std::string> scraped_names() {
  std::set<std::string> names;
  for (const observe::MetricRow& row : observe::metric_table()) {
    const std::string name(row.name);
    if (row.type != observe::MetricType::kHistogram) {
      names.insert(name);
      continue;
    }
    for (const char* suffix : {"_bucket", "_sum", "_count"}) names.insert(name + suffix);
  }
  return names;
}

/// Names of metrics in expressions, recorded ones with their colons. `firebase-relay`, the job, is none.
std::set<std::string> named_metrics(const std::string& text) {
  return all_of(text, R"(((?:instance:)?(?:firebase_relay_|process_)[a-z0-9_]+(?::[a-z0-9_]+)?))");
}

std::set<std::string> recorded_names() { return all_of(content_of("monitoring/rules.yml"), "- record: (\\S+)"); }
std::set<std::string> alert_names() { return all_of(content_of("monitoring/rules.yml"), "- alert: (\\S+)"); }

TEST(Monitoring, RulesAndDashboardNameOnlyMetricsOfTheTable) {
  const std::set<std::string> scraped = scraped_names();
  const std::set<std::string> recorded = recorded_names();
  for (const char* file : {"monitoring/rules.yml", "monitoring/rules_test.yml", kDashboard}) {
    const std::set<std::string> named = named_metrics(content_of(file));
    EXPECT_GT(named.size(), 10u) << file;
    for (const std::string& name : named) {
      EXPECT_TRUE(scraped.contains(name) || recorded.contains(name)) << file << " names " << name;
    }
  }
}

TEST(Monitoring, EveryMetricIsOnTheDashboardOrInARule) {
  const std::set<std::string> named = named_metrics(content_of("monitoring/rules.yml") + content_of(kDashboard));
  for (const observe::MetricRow& row : observe::metric_table()) {
    const std::string name(row.name);
    EXPECT_TRUE(named.contains(name) || named.contains(name + "_bucket")) << name << " is watched nowhere";
  }
}

TEST(Monitoring, EveryAlertHasATestAndASectionInTheRunbook) {
  const std::set<std::string> tested = all_of(content_of("monitoring/rules_test.yml"), "\n *alertname: (\\S+)");
  const std::set<std::string> explained = all_of(content_of("docs/alerts.md"), "\n## (\\S+)");
  EXPECT_GT(alert_names().size(), 10u);
  EXPECT_EQ(tested, alert_names());
  EXPECT_EQ(explained, alert_names());
}

TEST(Monitoring, EveryAlertLinksToItsOwnSection) {
  std::set<std::string> expected;
  for (std::string name : alert_names()) {
    for (char& letter : name) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    expected.insert(name);
  }
  EXPECT_EQ(all_of(content_of("monitoring/rules.yml"), "runbook_url: docs/alerts\\.md#(\\S+)"), expected);
}

}  // namespace
}  // namespace firebase_relay
