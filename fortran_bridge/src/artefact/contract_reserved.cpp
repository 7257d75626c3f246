// Keys that say how a network came about, and those that no reader acts on yet.
#include <algorithm>
#include <utility>

#include "artefact/contract_parts.hpp"

namespace gwparam {

namespace {

constexpr std::int64_t max_members = 64;

// YYYY-MM-DD, in any calendar.
std::string parse_day(const JsonValue &json) {
    const std::string day = json.text();
    const std::string form = "0000-00-00";
    bool fits = day.size() == form.size();
    for (std::size_t i = 0; fits && i < form.size(); ++i) {
        fits = form[i] == '-' ? day[i] == '-' : day[i] >= '0' && day[i] <= '9';
    }
    if (fits) {
        const int month = std::stoi(day.substr(5, 2));
        const int of_month = std::stoi(day.substr(8, 2));
        fits = month >= 1 && month <= 12 && of_month >= 1 && of_month <= 31;
    }
    if (!fits) {
        refuse(json.key(), "\"" + day + "\"", "a date such as 1979-12-31");
    }
    return day;
}

void check_mask(const JsonValue &json) {
    json.expect_keys({"ratio", "seed"});
    const double ratio = json.at("ratio").number();
    if (!(ratio >= 0.0 && ratio <= 1.0)) {
        refuse(json.at("ratio").key(), number_text(ratio), "0 to 1");
    }
    const std::int64_t seed = json.at("seed").integer();
    if (seed < 0) {
        refuse(json.at("seed").key(), std::to_string(seed), "at least 0");
    }
}

void check_dates(const JsonValue &json) {
    json.expect_keys({"first", "last", "calendar"});
    const std::string first = parse_day(json.at("first"));
    const std::string last = parse_day(json.at("last"));
    if (last < first) {
        refuse(json.at("last").key(), last, first + " or later");
    }
    if (json.at("calendar").is_given()) {
        json.at("calendar").text();
    }
}

void check_error(const JsonValue &json,
                 const std::map<std::string, std::int64_t> &widths, Names &seen) {
    json.expect_keys({"name", "root_mean_square"});
    const std::string name = json.at("name").text();
    if (widths.count(name) == 0) {
        refuse(json.at("name").key(), name, "an output or tendency");
    }
    seen.add(json.at("name"), name);
    const JsonValue errors = json.at("root_mean_square");
    const std::vector<double> values = errors.numbers();
    check_count(errors, values.size(), widths.at(name));
    const double least = *std::min_element(values.begin(), values.end());
    if (least < 0.0) {
        refuse(errors.key(), number_text(least), "at least 0");
    }
}

// What changed the weights after the training; nothing here acts on it.
void check_calibration(const JsonValue &json) {
    json.expect_keys({"artefact", "sha256", "against", "against_sha256", "layers",
                      "members", "iterations", "years", "seed", "misfit_after",
                      "misfit_before"});
    for (const char *key : {"artefact", "sha256", "against", "against_sha256"}) {
        json.at(key).text();
    }
    for (const JsonValue &layer : json.at("layers").items()) {
        layer.text();
    }
    const std::pair<const char *, std::int64_t> counts[] = {
        {"members", 1}, {"iterations", 0}, {"years", 1}, {"seed", 0}};
    for (const auto &[key, least] : counts) {
        const std::int64_t value = json.at(key).integer();
        if (value < least) {
            refuse(json.at(key).key(), std::to_string(value),
                   "at least " + std::to_string(least));
        }
    }
    for (const char *key : {"misfit_after", "misfit_before"}) {
        const JsonValue misfit = json.at(key);
        const bool may_be_absent = key == std::string("misfit_before");
        if ((misfit.is_given() || !may_be_absent) && misfit.number() < 0.0) {
            refuse(misfit.key(), number_text(misfit.number()), "at least 0");
        }
    }
}

} // namespace

std::int64_t parse_members(const JsonValue &contract) {
    const JsonValue json = contract.at("members");
    const std::int64_t members = json.is_given() ? json.integer() : 1;
    if (members < 1 || members > max_members) {
        refuse(json.key(), std::to_string(members),
               "1 to " + std::to_string(max_members));
    }
    const JsonValue further = contract.at("source").at("further");
    std::size_t count = 0;
    if (further.is_given()) {
        for (const JsonValue &item : further.items()) {
            item.expect_keys({"checkpoint", "sha256"});
            item.at("checkpoint").text();
            item.at("sha256").text();
            ++count;
        }
    }
    check_count(further, count, members - 1);
    return members;
}

void refuse_reserved(const JsonValue &contract) {
    const JsonValue lead_time = contract.at("lead_time");
    if (lead_time.is_given() && lead_time.number() < 0.0) {
        refuse(lead_time.key(), number_text(lead_time.number()), "at least 0");
    }
    const JsonValue program = contract.at("column_program");
    if (program.is_given()) {
        program.expect_keys({"file", "version"});
        program.at("version").integer();
        refuse(program.key(), program.at("file").text(), "null: it is reserved");
    }
    const JsonValue checksums = contract.at("checksums");
    if (checksums.is_given()) {
        for (const JsonValue &item : checksums.items()) {
            item.expect_keys({"file", "sha256"});
            item.at("file").text();
            item.at("sha256").text();
        }
        refuse(checksums.key(),
               "an array of " + std::to_string(checksums.items().size()),
               "null: they are reserved");
    }
}

void check_origin(const JsonValue &contract,
                  const std::map<std::string, std::int64_t> &widths) {
    if (contract.at("mask").is_given()) {
        check_mask(contract.at("mask"));
    }
    if (contract.at("training_dates").is_given()) {
        for (const JsonValue &dates : contract.at("training_dates").items()) {
            check_dates(dates);
        }
    }
    const JsonValue exported = contract.at("exported_program");
    if (exported.is_given()) { // for Python; nothing here runs it
        exported.expect_keys({"file", "weights"});
        exported.at("file").text();
        exported.at("weights").text();
    }
    if (contract.at("calibration").is_given()) {
        check_calibration(contract.at("calibration"));
    }
    Names seen;
    if (contract.at("expected_error").is_given()) {
        for (const JsonValue &error : contract.at("expected_error").items()) {
            check_error(error, widths, seen);
        }
    }
}

} // namespace gwparam
