// Starting the programs that compute: one per experiment, one for Stable Diffusion, one for
// pictures, one for detectors, one for labels, one for training.
#pragma once

#include <string>
#include <vector>

namespace ersatz::cli {

// The program of Stable Diffusion.
inline constexpr const char* kDiffusionProgram = "ersatz-diffusion";
// That of cut-outs and copy-paste.
inline constexpr const char* kImagesProgram = "ersatz-images";
// The program that finds objects in pictures.
inline constexpr const char* kDetectionProgram = "ersatz-detect";
// The program that labels pictures.
inline constexpr const char* kLabellingProgram = "ersatz-label";
// The program that trains generative models and detectors.
inline constexpr const char* kTrainingProgram = "ersatz-train";

// Where the program `name` is: beside this executable. Error::missing (40) when it was not built.
std::string built_program(const std::string& name);
// That of an experiment, `reproduce-<id>`.
std::string experiment_program(const std::string& id);

// Replaces this process by the program `name` with the given arguments; errors as above. Sets what
// must be set before the linear algebra libraries load, unless the user did: OPENBLAS_CORETYPE,
// OPENBLAS_THREAD_TIMEOUT, OMP_WAIT_POLICY.
[[noreturn]] void launch_program(const std::string& name, const std::vector<std::string>& words);

// The same for the program of an experiment.
[[noreturn]] void launch_experiment(const std::string& id, const std::vector<std::string>& words);

}  // namespace ersatz::cli
