// Provenance as readers see it.
#include "report/provenance_table.h"

#include <gmock/gmock.h>

#include <map>

#include "core/file_system.h"
#include "report/report_fixture.h"
#include "report/results_writer.h"
#include "support/test_support.h"

namespace ersatz::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kLongDevice =
    "NVIDIA H200,   - CUDA Runtime 13.0   - NVCC architecture flags: -gencode;arch=compute_75,"
    "code=sm_75;-gencode;arch=compute_80,code=sm_80   - CuDNN 91.9  (built against CUDA 13.1)   - "
    "Magma 2.6.1 ";

std::map<std::string, std::string> rows(const ResultRecord& record, std::int64_t version = 2) {
  std::map<std::string, std::string> found;
  for (const auto& [name, value] : provenance_table(record, version)) found[name] = value;
  return found;
}

TEST(ProvenanceTable, LongDeviceNamesAreShortened) {
  EXPECT_EQ(short_device(kLongDevice), "NVIDIA H200, CUDA Runtime 13.0, CuDNN 91.9");
  EXPECT_EQ(short_device("cuda:0 libtorch-2.11.0 " + std::string(kLongDevice)),
            "cuda:0 libtorch-2.11.0 NVIDIA H200, CUDA Runtime 13.0, CuDNN 91.9");
  for (const char* other : {"AMD EPYC", "a  - b", "", "cpu libtorch-1.13.0 threads=2",
                            "NVIDIA H200, CUDA Runtime 13.0, CuDNN 91.9"}) {
    EXPECT_EQ(short_device(other), other);
  }
  ResultRecord record = test::small_record();
  record.provenance["machine"] = {{"device_name", kLongDevice}};
  EXPECT_EQ(rows(record)["machine"], "device name NVIDIA H200, CUDA Runtime 13.0, CuDNN 91.9");
}

TEST(ProvenanceTable, NamesTheCardsVersion) {
  const ResultRecord record = test::small_record();
  EXPECT_EQ(rows(record, 2)["card"], "version 2");
  EXPECT_EQ(older_card(record, 2), "");
  EXPECT_EQ(rows(record, 5)["card"], "version 2; the card is at version 5 now");
  core::Card card = test::small_card();
  const test::TemporaryFolder folder;
  const auto written = write_results(card, record, folder.path());
  EXPECT_THAT(core::read_file(written.folder / "report.md"), Not(HasSubstr("made with version 2")));
  card.version = 5;
  render_results(card, written.folder);
  EXPECT_THAT(core::read_file(written.folder / "report.md"),
              HasSubstr("These results were made with version 2 of the card, which is at version 5 "
                        "now."));
  EXPECT_EQ(read_record(written.folder).card_version, 2) << "of the run, not of the rendering";
}

TEST(ProvenanceTable, TheCostOfThePublishingProcessIsNamedAsSuch) {
  ResultRecord record = test::small_record();
  record.provenance["cost"] = {
      {"wall_s", 0.0243}, {"compute_s", 9945.165}, {"cpu_s", 0.508756}, {"peak_memory_bytes", 2e8}};
  EXPECT_EQ(rows(record)["cost"],
            "all stages together 2 h 45 min; the publishing process alone: wall 24 ms, cpu 509 "
            "ms, peak memory 200.0 MB; earlier or other processes computed the rest");
  record.provenance["cost"] = {{"wall_s", 73.558}, {"compute_s", 73.488}};
  EXPECT_EQ(rows(record)["cost"],
            "all stages together 1 min 13 s; the publishing process alone: wall 1 min 14 s");
}

TEST(ProvenanceTable, MeasuredNumbersAreRounded) {
  ResultRecord record = test::small_record();
  record.provenance["throughput"] = {{"yolov8.images_per_second", 163.04841439838836}};
  record.provenance["machine"] = {{"load_average", 3.767578125}, {"cores", 16}};
  EXPECT_EQ(rows(record)["throughput"], "yolov8.images per second 163");
  EXPECT_EQ(rows(record)["machine"], "load average 3.768; cores 16");
}

TEST(ProvenanceTable, IsEmptyWithoutProvenance) {
  ResultRecord record = test::small_record();
  record.provenance = nullptr;
  EXPECT_TRUE(provenance_table(record, 2).empty());
}

}  // namespace
}  // namespace ersatz::report
