#include "pg/short_numeric.hpp"

namespace ideamine::pg {

namespace {

// A numeric as tables keep it, in the short format that all but huge ones have: two bytes of sign,
// scale and weight, then digits to the base of 10,000, the first of which counts 10,000 to the
// power of the weight. This cannot change, because pg_upgrade takes tables over as they are.
class ShortNumeric {
  public:
    // Null: it is negative, in another format or not in memory as it is.
    static std::optional<ShortNumeric> of(Datum datum) {
        const auto* value = reinterpret_cast<const varlena*>(DatumGetPointer(datum));
        if (VARATT_IS_EXTERNAL(value) || VARATT_IS_COMPRESSED(value)) {
            return std::nullopt;
        }
        constexpr std::uint16_t format_and_sign = 0xe000;
        constexpr std::uint16_t short_and_positive = 0x8000;
        const ShortNumeric numeric{VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};
        return (numeric.word(0) & format_and_sign) == short_and_positive ? std::optional{numeric}
                                                                         : std::nullopt;
    }

    int digit_count() const { return static_cast<int>(size_ / sizeof(std::uint16_t)) - 1; }
    int digit(int i) const { return word(i + 1); }
    int weight() const {
        constexpr int bits = 0x3f;
        constexpr int sign = 0x40;
        const auto header = word(0);
        return (header & bits) - ((header & sign) != 0 ? sign : 0);
    }

  private:
    ShortNumeric(const char* data, std::size_t size) : data_(data), size_(size) {}

    // it need not be aligned
    std::uint16_t word(int i) const {
        std::uint16_t word = 0;
        std::memcpy(&word, data_ + static_cast<std::size_t>(i) * sizeof word, sizeof word);
        return word;
    }

    const char* data_;
    std::size_t size_;
};

}  // namespace

std::optional<std::int64_t> scale_short(Datum value, int digits) {
    constexpr int most_digits = 4;
    constexpr int base_digits = 4;
    constexpr std::int64_t base = 10'000;
    const auto numeric = ShortNumeric::of(value);
    if (!numeric || numeric->digit_count() > most_digits) {
        return std::nullopt;
    }
    std::int64_t scaled = 0;
    for (int i = 0; i < numeric->digit_count(); ++i) {
        scaled = scaled * base + numeric->digit(i);
    }
    const int exponent = base_digits * (numeric->weight() - numeric->digit_count() + 1) + digits;
    const auto distance = static_cast<std::size_t>(std::abs(exponent));
    if (distance >= powers_of_ten.size()) {
        return scaled == 0 ? std::optional{scaled} : std::nullopt;
    }
    const auto power = powers_of_ten[distance];
    if (exponent < 0) {
        return scaled % power == 0 ? std::optional{scaled / power} : std::nullopt;
    }
    return __builtin_mul_overflow(scaled, power, &scaled) ? std::nullopt : std::optional{scaled};
}

}  // namespace ideamine::pg
