#include "ideamine/pg/hash.hpp"

#include "ideamine/pg/error.hpp"

extern "C" {
#include "common/cryptohash.h"
#include "common/sha2.h"
}

namespace ideamine::pg {

namespace {

void compute(std::string_view data, std::uint8_t* digest) {
    pg_cryptohash_ctx* context = pg_cryptohash_create(PG_SHA256);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(data.data());
    if (context == nullptr || pg_cryptohash_init(context) < 0 ||
        pg_cryptohash_update(context, bytes, data.size()) < 0 ||
        pg_cryptohash_final(context, digest, PG_SHA256_DIGEST_LENGTH) < 0) {
        elog(ERROR, "could not compute a SHA-256 hash");
    }
    pg_cryptohash_free(context);
}

}  // namespace

std::string sha256_hex(std::string_view data) {
    constexpr auto digits = std::string_view{"0123456789abcdef"};
    std::array<std::uint8_t, PG_SHA256_DIGEST_LENGTH> digest{};
    call([&] { compute(data, digest.data()); });
    std::string text;
    text.reserve(2 * digest.size());
    for (const auto byte : digest) {
        text += digits[byte >> 4];
        text += digits[byte & 0xf];
    }
    return text;
}

}  // namespace ideamine::pg
