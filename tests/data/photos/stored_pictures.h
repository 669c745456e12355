// The pictures of tests/fixtures/photos/transforms.safetensors.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "data/images/rgb_image.h"
#include "models/mapped_file.h"
#include "models/safetensors_header.h"
#include "support/test_support.h"

namespace ersatz::test {

class StoredPictures {
 public:
  StoredPictures()
      : path_(fixture("photos/transforms.safetensors")),
        file_(path_),
        header_(models::parse_safetensors_header(file_.bytes(), file_.bytes().size(), path_)) {}

  data::RgbImage picture(const std::string& name) const {
    const models::StoredTensor& tensor = header_.tensors.at(name);
    const std::string_view bytes = file_.bytes().substr(tensor.begin, tensor.bytes);
    return {static_cast<int>(tensor.shape.at(1)),
            static_cast<int>(tensor.shape.at(0)),
            {bytes.begin(), bytes.end()}};
  }

  std::vector<float> numbers(const std::string& name) const {
    const models::StoredTensor& tensor = header_.tensors.at(name);
    std::vector<float> result(tensor.bytes / sizeof(float));
    std::memcpy(result.data(), file_.bytes().data() + tensor.begin, tensor.bytes);
    return result;
  }

 private:
  std::filesystem::path path_;
  models::MappedFile file_;
  models::SafetensorsHeader header_;
};

}  // namespace ersatz::test
