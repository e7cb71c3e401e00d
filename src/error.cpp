#include "ideamine/error.hpp"

#include <utility>

namespace ideamine {

Error::Error(Code code, std::string message, std::string detail, std::string hint)
    : code_(code),
      message_(std::move(message)),
      detail_(std::move(detail)),
      hint_(std::move(hint)) {}

Error Error::within(std::string_view place) const {
    return {code_, std::string(place) + ": " + message_, detail_, hint_};
}

}  // namespace ideamine
