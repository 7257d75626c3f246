// Older contracts as one of the newest version.
#pragma once

#include <nlohmann/json.hpp>

namespace gwparam {

// As gwparam/contract/upgrade.py. What is wrong in a contract is left as it is: the
// reader of the newest version says so.
void upgrade_contract(nlohmann::json &contract);

} // namespace gwparam
