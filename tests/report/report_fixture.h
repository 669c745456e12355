// A small card and a run of it, for the tests of tables, plots and results folders.
#pragma once

#include <filesystem>
#include <string>

#include "core/card.h"
#include "report/result_record.h"

namespace ersatz::test {

// Two series over N = 55, 385, 5500 with published values; one claim, one gate, one table of each
// form and one figure.
core::Card small_card();

// "original" measured at all three points with three seeds, "original+GAN" not run at 5500 and with
// one seed at 385.
core::MetricTable small_metrics();

report::ResultRecord small_record();

}  // namespace ersatz::test
