#include "ideamine/uuid.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <stdexcept>
#include <string>

namespace ideamine {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::sys_days;
using namespace std::chrono_literals;

constexpr UuidSource::Random no_bits{};
constexpr UuidSource::Random all_bits{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

// The example of RFC 9562, A.6: 2022-02-22 19:22:22 UTC.
constexpr Time rfc_time{milliseconds{0x017F22E279B0}};

// The last microsecond whose millisecond has a place in 48 bits.
constexpr Time last_time{milliseconds{0xFFFFFFFFFFFF} + 999us};

UuidSource::Random random_bits(std::mt19937_64& random) {
    UuidSource::Random bits{};
    for (std::uint8_t& byte : bits) {
        byte = static_cast<std::uint8_t>(random());
    }
    return bits;
}

std::uint64_t milliseconds_of(const Uuid& uuid) {
    std::uint64_t ms = 0;
    for (std::size_t i = 0; i < 6; ++i) {
        ms = ms << 8 | uuid.bytes[i];
    }
    return ms;
}

int version_of(const Uuid& uuid) {
    return uuid.bytes[6] >> 4;
}

int variant_of(const Uuid& uuid) {
    return uuid.bytes[8] >> 6;
}

TEST(Uuid, IsWrittenAsFiveGroupsOfLowerCaseDigits) {
    Uuid uuid;
    for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
        uuid.bytes[i] = static_cast<std::uint8_t>(i * 0x11);
    }
    EXPECT_EQ(to_string(uuid), "00112233-4455-6677-8899-aabbccddeeff");
}

TEST(Uuid, IsReadInEitherCase) {
    const auto lower = parse_uuid("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    const auto upper = parse_uuid("017F22E2-79B0-7CC3-98C4-DC0C0C07398F");
    ASSERT_TRUE(lower);
    EXPECT_EQ(lower, upper);
    EXPECT_EQ(lower->bytes[0], 0x01);
    EXPECT_EQ(lower->bytes[15], 0x8F);
}

TEST(Uuid, ReadsBackWhatItWrites) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 10'000; ++i) {
        Uuid uuid;
        for (std::uint8_t& byte : uuid.bytes) {
            byte = static_cast<std::uint8_t>(random());
        }
        ASSERT_EQ(parse_uuid(to_string(uuid)), uuid) << to_string(uuid);
    }
}

TEST(Uuid, RefusesOtherForms) {
    for (const char* text : {
             "",
             "017f22e2",
             "017f22e279b07cc398c4dc0c0c07398f",
             "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
             "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
             "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
             "017f22e2-79b0-7cc3-98c4-dc0c0c07398f ",
             " 17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
             "017f22e279b0-7cc3-98c4-dc0c-0c07398ff",
             "017f22e2-79b0-7cc3-98c4+dc0c0c07398f",
             "+17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
             "0x7f22e2-79b0-7cc3-98c4-dc0c0c07398f",
         }) {
        EXPECT_FALSE(parse_uuid(text)) << text;
    }
}

TEST(Uuid, RefusesAnyTextWithAWrongCharacterAtAnyPosition) {
    const std::string good = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (int character = 0; character < 256; ++character) {
            std::string text = good;
            text[at] = static_cast<char>(character);
            const bool is_digit =
                std::string("0123456789abcdefABCDEF").find(text[at]) != std::string::npos;
            const bool belongs = good[at] == '-' ? text[at] == '-' : is_digit;
            ASSERT_EQ(parse_uuid(text).has_value(), belongs) << at << ", character " << character;
        }
    }
}

TEST(Uuid, HasTheLayoutOfVersionSeven) {
    UuidSource source;
    // 797 µs are 3264.5 of 4096 parts of a millisecond.
    const Uuid uuid =
        source.next(rfc_time + 797us, {0x18, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F});
    EXPECT_EQ(to_string(uuid), "017f22e2-79b0-7cc0-98c4-dc0c0c07398f");
}

TEST(Uuid, KeepsVersionAndVariantWhateverTheRandomBits) {
    std::mt19937_64 random(2);
    UuidSource source;
    for (int i = 0; i < 10'000; ++i) {
        const Uuid uuid = source.next(rfc_time, random_bits(random));
        ASSERT_EQ(version_of(uuid), 7);
        ASSERT_EQ(variant_of(uuid), 2);
    }
}

TEST(Uuid, UsesSixtyTwoRandomBits) {
    UuidSource first;
    UuidSource second;
    EXPECT_EQ(to_string(first.next(rfc_time, no_bits)), "017f22e2-79b0-7000-8000-000000000000");
    EXPECT_EQ(to_string(second.next(rfc_time, all_bits)), "017f22e2-79b0-7000-bfff-ffffffffffff");
}

TEST(Uuid, SortsAsBytesAsItSortsAsText) {
    std::mt19937_64 random(3);
    UuidSource source;
    Uuid last = source.next(rfc_time, random_bits(random));
    for (int i = 0; i < 1000; ++i) {
        const Uuid uuid = source.next(rfc_time + microseconds{random() % 1000}, no_bits);
        ASSERT_EQ(last < uuid, to_string(last) < to_string(uuid));
        last = uuid;
    }
}

TEST(Uuid, StrictlyIncreasesUnderAnyClock) {
    for (unsigned seed = 0; seed < 50; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937_64 random(seed);
        UuidSource source;
        Time now = rfc_time;
        Uuid last;
        for (int i = 0; i < 2000; ++i) {
            switch (random() % 4) {
                case 0:
                    break;  // the clock stands still
                case 1:
                    now += microseconds{random() % 3};
                    break;
                case 2:
                    now += milliseconds{random() % 5000};
                    break;
                default:
                    now -= milliseconds{random() % 5000};
            }
            const Uuid uuid = source.next(now, random_bits(random));
            ASSERT_LT(last, uuid);
            last = uuid;
        }
    }
}

TEST(Uuid, HoldsTheTimeItWasMadeUnlessThatWouldStepBack) {
    std::mt19937_64 random(4);
    UuidSource source;
    Time now = rfc_time;
    for (int i = 0; i < 1000; ++i) {
        now += microseconds{1 + random() % 1'000'000};
        const Uuid uuid = source.next(now, random_bits(random));
        const auto ms = static_cast<std::uint64_t>(now.time_since_epoch().count() / 1000);
        ASSERT_EQ(milliseconds_of(uuid), ms);
    }
}

TEST(Uuid, RunsAheadOfAStandingClockByLessThanAMillisecondInFourThousandIds) {
    UuidSource source;
    Uuid uuid;
    for (int i = 0; i < 4096; ++i) {
        uuid = source.next(rfc_time, no_bits);
    }
    EXPECT_EQ(milliseconds_of(uuid), 0x017F22E279B0U);
    uuid = source.next(rfc_time, no_bits);
    EXPECT_EQ(milliseconds_of(uuid), 0x017F22E279B1U);
}

TEST(Uuid, BoundIsTheSmallestIdOfItsTime) {
    std::mt19937_64 random(5);
    for (int i = 0; i < 10'000; ++i) {
        const Time at = rfc_time + microseconds{random() % 10'000'000};
        UuidSource least;
        UuidSource before;
        ASSERT_EQ(first_uuid_at(at), least.next(at, no_bits));
        ASSERT_LT(before.next(at - 1us, all_bits), first_uuid_at(at));
    }
}

TEST(Uuid, TimesOutsideTheRangeCountAsTheNearestWithin) {
    EXPECT_EQ(to_string(first_uuid_at(Time{})), "00000000-0000-7000-8000-000000000000");
    EXPECT_EQ(first_uuid_at(sys_days{std::chrono::year{1969} / 12 / 31}), first_uuid_at(Time{}));
    EXPECT_EQ(first_uuid_at(Time::min()), first_uuid_at(Time{}));
    EXPECT_EQ(milliseconds_of(first_uuid_at(last_time)), 0xFFFFFFFFFFFFU);
    EXPECT_EQ(to_string(first_uuid_at(last_time + 1us)), "ffffffff-ffff-7fff-8000-000000000000");
    EXPECT_EQ(first_uuid_at(Time::max()), first_uuid_at(last_time + 1us));
}

TEST(Uuid, SourceStopsRatherThanRepeatWhenTimeHasRunOut) {
    UuidSource source;
    const Uuid last = source.next(Time::max(), all_bits);
    EXPECT_EQ(to_string(last), "ffffffff-ffff-7fff-bfff-ffffffffffff");
    EXPECT_THROW(source.next(rfc_time, no_bits), std::overflow_error);
}

TEST(Uuid, SourceStartsBeforeNineteenSeventyWithoutHarm) {
    UuidSource source;
    const Uuid first = source.next(Time::min(), no_bits);
    EXPECT_EQ(milliseconds_of(first), 0U);
    EXPECT_LT(first, source.next(Time::min(), no_bits));
}

TEST(Uuid, HashesDifferByEitherHalf) {
    const std::hash<Uuid> hash;
    std::set<std::size_t> hashes;
    for (std::size_t i = 0; i < 16; ++i) {
        for (int bit = 0; bit < 8; ++bit) {
            Uuid uuid;
            uuid.bytes[i] = static_cast<std::uint8_t>(1U << bit);
            EXPECT_EQ(hash(uuid), hash(Uuid(uuid)));
            hashes.insert(hash(uuid));
        }
    }
    EXPECT_EQ(hashes.size(), 128U);
}

TEST(Successor, IsTheNextInOrder) {
    Uuid uuid{};
    EXPECT_EQ(to_string(successor(uuid)), "00000000-0000-0000-0000-000000000001");
    uuid.bytes.back() = 0xff;
    EXPECT_EQ(to_string(successor(uuid)), "00000000-0000-0000-0000-000000000100");
    uuid.bytes.fill(0xff);
    EXPECT_EQ(successor(uuid), uuid);
}

}  // namespace
}  // namespace ideamine
