// Counts the objects of a COCO file by category.
#include <cstdio>
#include <map>
#include <string>

#include "core/error.h"
#include "data/coco/coco_reader.h"

namespace {

int run(int count, char** words) {
  if (count != 2) throw ersatz::core::Error::usage("one COCO file is needed");
  const auto truth = ersatz::data::read_coco_ground_truth(words[1], true);
  std::map<std::string, int> objects;
  for (const auto& object : truth.objects) ++objects[truth.categories.at(object.category_id)];
  for (const auto& [name, number] : objects) std::printf("%s %d\n", name.c_str(), number);
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return ersatz::core::report_exceptions(run, argc, argv); }
