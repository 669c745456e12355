#include "evaluate/classification_json.h"

#include <fmt/format.h>

#include "core/error.h"

namespace ersatz::evaluate {

core::Json to_json(const ConfusionMatrix& matrix, const std::vector<std::string>& classes) {
  if (static_cast<int>(classes.size()) != matrix.classes()) {
    throw core::Error::internal(
        fmt::format("{} names for {} classes", classes.size(), matrix.classes()));
  }
  core::Json per_class = core::Json::array(), confusion = core::Json::array();
  for (int k = 0; k < matrix.classes(); ++k) {
    per_class.push_back({{"class", classes[static_cast<std::size_t>(k)]},
                         {"precision", matrix.precision(k)},
                         {"recall", matrix.recall(k)},
                         {"f1", matrix.f1(k)},
                         {"support", matrix.support(k)}});
    core::Json row = core::Json::array();
    for (int j = 0; j < matrix.classes(); ++j) row.push_back(matrix.count(k, j));
    confusion.push_back(std::move(row));
  }
  return {{"count", matrix.total()},
          {"accuracy", matrix.accuracy()},
          {"macro_precision", matrix.macro_precision()},
          {"macro_recall", matrix.macro_recall()},
          {"macro_f1", matrix.macro_f1()},
          {"per_class", std::move(per_class)},
          {"confusion", std::move(confusion)}};
}

}  // namespace ersatz::evaluate
