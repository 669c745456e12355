#include "core/metrics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/exit_code.h"
#include "support/growth.h"
#include "support/test_support.h"

namespace ersatz::core {
namespace {

TEST(Metrics, AddressesParseAndPrint) {
  const auto [id, point] = parse_address("corrected.original.error@385");
  EXPECT_EQ(id, "corrected.original.error");
  EXPECT_EQ(point, 385);
  EXPECT_EQ(parse_address("a.b").second, std::nullopt);
  for (const char* bad : {"", "@3", "a@", "a@x", "A b", "a@1@2"}) {
    EXPECT_ERSATZ_ERROR(parse_address(bad), ExitCode::kUsage, "not a metric address");
  }
}

TEST(Metrics, CollectsOneValuePerSeed) {
  MetricTable table;
  table.add("e", 55, 1, 25.0, "%", 10000);
  table.add("e", 55, 2, 26.0, "%", 10000);
  table.add("e", 5, 1, 1.0, "%");
  EXPECT_EQ(table.find_address("e@55")->values, (std::vector<double>{25, 26}));
  EXPECT_EQ(table.find("e", 55)->address(), "e@55");
  ASSERT_EQ(table.series("e").size(), 2U);
  EXPECT_EQ(table.series("e")[0]->point, 5);
  EXPECT_EQ(table.find("none"), nullptr);
}

TEST(Metrics, NotRunIsNeverANumber) {
  MetricTable table;
  table.not_run("e", 1, "%", "no GAN");
  EXPECT_TRUE(table.find("e", 1)->values.empty());
  table.add("e", 1, 1, 3.0, "%");
  table.not_run("e", 1, "%", "late");
  EXPECT_EQ(table.find("e", 1)->values.size(), 1U);
  EXPECT_ERSATZ_ERROR(table.add("e", 1, 2, std::nan(""), "%"), ExitCode::kNumeric, "not finite");
}

TEST(Metrics, SamplingNoiseIsOfWhatWasMeasuredAndIsNoProportion) {
  MetricTable table;
  table.add("ap", std::nullopt, 1, 0.5, "");
  table.add("share", std::nullopt, 1, 50, "%", 10);
  table.not_run("none", std::nullopt, "", "why");
  table.set_sampling_sd("ap", std::nullopt, 0.02);
  EXPECT_EQ(table.find("ap")->sampling_sd, 0.02);
  for (const char* id : {"share", "none", "absent"}) {
    EXPECT_ERSATZ_ERROR(table.set_sampling_sd(id, std::nullopt, 0.1), ExitCode::kInternal, id);
  }
  EXPECT_ERSATZ_ERROR(table.set_sampling_sd("ap", std::nullopt, std::nan("")), ExitCode::kNumeric,
                      "not finite");
}

TEST(Metrics, JsonRoundTripAndMalformedInput) {
  MetricTable table;
  table.add("e", 55, 1, 25.125, "%", 10000);
  table.add("plain", std::nullopt, 1, 3, "");
  table.set_sampling_sd("plain", std::nullopt, 0.25);
  table.not_run("f", 2, "%", "why");
  const Json json = table.to_json();
  EXPECT_EQ(MetricTable::from_json(json).to_json(), json);
  EXPECT_ERSATZ_ERROR(MetricTable::from_json(
                          Json::parse(R"([{"id":"a","unit":"","values":[1],"sampling_sd":-1}])")),
                      ExitCode::kUntrustedData, "no deviation");
  // Where its square is more than a number holds.
  const auto with_noise = [](double sd) {
    return MetricTable::from_json(
        Json{{{"id", "a"}, {"unit", ""}, {"values", {1}}, {"sampling_sd", sd}}});
  };
  EXPECT_EQ(with_noise(1e154).find("a")->sampling_sd, 1e154);
  EXPECT_ERSATZ_ERROR(with_noise(1e155), ExitCode::kUntrustedData, "no deviation");
  for (const char* key : {"\"seeds\":[1e300]", "\"sample_count\":1e300", "\"seeds\":3"}) {
    EXPECT_ERSATZ_ERROR(MetricTable::from_json(Json::parse(
                            std::string(R"([{"id":"a","unit":"","values":[1],)") + key + "}]")),
                        ExitCode::kUntrustedData, "metrics");
  }
  EXPECT_ERSATZ_ERROR(MetricTable::from_json(Json::object()), ExitCode::kUntrustedData, "list");
  EXPECT_ERSATZ_ERROR(MetricTable::from_json(Json::parse(R"([{"id": 3}])")),
                      ExitCode::kUntrustedData, "metrics");
  EXPECT_ERSATZ_ERROR(
      MetricTable::from_json(Json::parse(R"([{"id":"a","unit":""},{"id":"a","unit":""}])")),
      ExitCode::kUntrustedData, "twice");
}

TEST(Metrics, ReadingGrowsWithTheRows) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < 5'000 * test::kLarger; ++i) {
    rows.push_back({{"id", "error"}, {"point", i}, {"unit", ""}, {"not_run", "why"}});
  }
  const auto read = [&](std::size_t count) {
    const Json part(Json::array_t(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(count)));
    EXPECT_EQ(MetricTable::from_json(part).all().size(), count);
  };
  EXPECT_LT(test::growth(5'000, read), test::kNearlyLinear);
}

}  // namespace
}  // namespace ersatz::core
