#include "cli/completion.h"

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/candidates.h"
#include "core/error.h"

namespace ersatz::cli {
namespace {

// The words up to the cursor go to `ersatz __complete`, which knows the flags, experiments and
// profiles of this very program. Its answers are taken as they are: nothing in them is expanded.
constexpr const char* kBash =
    R"script(# bash completion for ersatz: eval "$(ersatz completion bash)"
_ersatz() {
  mapfile -t COMPREPLY < <("${COMP_WORDS[0]}" __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  # A key= is continued by its value, not by a space.
  [ "${#COMPREPLY[@]}" -eq 1 ] && [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -o default -F _ersatz ersatz
)script";

constexpr const char* kZsh = R"script(#compdef ersatz
# zsh completion for ersatz: source <(ersatz completion zsh)
_ersatz() {
  local -a candidates
  candidates=(${(f)"$("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( ${#candidates} )); then
    compadd -a candidates
  else
    _files
  fi
}
# Loaded by name (from site-functions), the first call is for candidates already.
if [ "${funcstack[1]}" = "_ersatz" ]; then
  _ersatz "$@"
else
  compdef _ersatz ersatz
fi
)script";

int print_script(const std::string& shell) {
  if (shell == "bash") {
    std::fputs(kBash, stdout);
  } else if (shell == "zsh") {
    std::fputs(kZsh, stdout);
  } else {
    throw core::Error::usage("no completion for the shell '" + shell + "'",
                             "bash and zsh have one");
  }
  return 0;
}

}  // namespace

Command add_completion(CLI::App& program) {
  auto shell = std::make_shared<std::string>();
  CLI::App* app = program.add_subcommand("completion", "A script that completes ersatz in a shell");
  app->add_option("shell", *shell, "bash or zsh")->required();
  app->footer(
      "Examples:\n"
      "  eval \"$(ersatz completion bash)\"                       now, in this bash\n"
      "  ersatz completion bash > ~/.local/share/bash-completion/completions/ersatz\n"
      "  ersatz completion zsh > ~/.zfunc/_ersatz\n");
  return {app, [shell] { return print_script(*shell); }};
}

Command add_complete(CLI::App& program) {
  auto words = std::make_shared<std::vector<std::string>>();
  CLI::App* app = program.add_subcommand("__complete", "Candidates for the last of some words");
  app->group("");  // not in the help
  app->add_option("words", *words);
  return {app, [words, &program] {
            for (const std::string& candidate : completion_candidates(program, *words)) {
              std::printf("%s\n", candidate.c_str());
            }
            return 0;
          }};
}

}  // namespace ersatz::cli
