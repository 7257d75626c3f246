// Sources as libtorch writes them pass; those that would run at the load do not.
#include <string>

#include "rows_and_errors.hpp"
#include "tap.h"
#include "torch/source_check.hpp"

namespace {

using gwparam::check_source;

const std::string good = R"(class Net(Module):
  __parameters__ = ["weight", ]
  __buffers__ = []
  weight : Tensor
  training : bool
  _is_full_backward_hook : Optional[bool]
  __annotations__["0"] = __torch__.torch.nn.modules.linear.Linear
  padding : Final[Tuple[int, int]] = (1, -1)
  slope : Final[float] = 0.01
  mode : Final[str] = "it's = torch.save("
  none : Final[NoneType] = None
  sizes : Final[List[int]] = annotate(List[int], [])
  def forward(self: __torch__.Net,
    x: Tensor,
    scale: Optional[float]=None,
    sizes: List[int]=[1, 2],
    flag: bool=True) -> Tuple[Tensor, Tensor]:
    weight = self.weight
    if torch.gt(torch.len(sizes), 2):
      _0 = torch.save(weight, "graphs are checked elsewhere")
    else:
      pass
    return (x, weight)
def relu(input: Tensor,
    inplace: bool=False) -> Tensor:
  result = torch.relu(input)
  return result
class Pair(NamedTuple):
  first : Tensor
)";

bool is_refused(const std::string &source, const std::string &text) {
    return throws(GWPARAM_ERR_CONTRACT, text, [&] { check_source("net.py", source); });
}

std::string with(const std::string &old, const std::string &by) {
    std::string source = good;
    const std::size_t at = source.find(old);
    return at == std::string::npos ? "" : source.replace(at, old.size(), by);
}

void test_good() {
    check_source("net.py", good);
    check_source("net.py", "");
    ok(true, "what libtorch writes");
}

void test_what_is_evaluated() {
    const std::string why = " in what is evaluated at the load";
    const struct {
        const char *old;
        const char *by;
        const char *word;
    } cases[] = {
        {"= 0.01", "= torch.save(1, \"f\")", "torch"},
        {"(1, -1)", "(1, ops.aten.save(1))", "ops"},
        {"= None\n", "= print(1)\n", "print"},
        {"[\"weight\", ]", "[f()]", "f"},
        {"=[1, 2]", "=[1, print(2)]", "print"},
        {"float]=None", "float]=torch.save", "torch"},
        {"bool=True", "bool=(True if x else y)", "if"},
        {"bool=False", "bool=ops.x.y()", "ops"},
        {"= annotate(List[int], [])", "= \"a\".save(\"f\")", "."},
    };
    for (const auto &its : cases) {
        ok(is_refused(with(its.old, its.by), its.word + why), its.by);
    }
    ok(is_refused(with("__torch__.torch.nn.modules.linear.Linear", "torch.save(1)"),
                  "a call in a type"),
       "a call in the type of an attribute");
    ok(is_refused(with("def forward", "def __setstate__"),
                  "net.py, line 13: __setstate__, which runs at the load"),
       "code for being loaded");
    ok(is_refused(
           with("weight : Tensor", "w : __torch__.torch . classes.quantized.Linear"),
           "classes inside a statement"),
       "classes of torch that have it");
}

// Anything that could be read in another way than it is here.
void test_other_forms() {
    const char *unlike[] = {
        "import os\n",
        "x = torch.save(1)\n",
        "@decorated\ndef f() -> int:\n  return 1\n",
        "class A(Module): x : Final[int] = torch.save(1)\n",
        "class A(Module):\n    x : Final[int] = torch.save(1)\n",
        "class A(Module):\n   x : Final[int] = 1\n",
        "class A(Module):\n  def f(self) -> int: return 1\n",
        "class A(Module):\n  x : int\n    y : Final[int] = torch.save(1)\n",
        "class A(Module):\n  class B(Module):\n    x : Final[int] = torch.save(1)\n",
        "def f() -> int:\n  def g(x: int=torch.save(1)) -> int:\n    return 1\n",
        "def f() -> int:\n  g = lambda x: x\n",
        "def f(x: int) -> int: return torch.save(1)\n",
        "def f(x: int) = g\n",
        "def f\n",
        "def f() -> int:\n return 1\n",
        "  x = 1\n",
        "def f() -> int:\n  return 1 # a comment\n",
        "def f() -> int:\n  return 1; 2\n",
        "def f() -> int:\n  return 1 \\\n 2\n",
        "def f() -> int:\n\treturn 1\n",
        "def f() -> int:\r  return 1\n",
        "def f() -> int:\n  return \"\"\"a\n\"\"\"\n",
        "def f() -> int:\n  return \"a\n",
        "def f() -> int:\n  return \"a",
        "def f() -> int:\n  return \xc3\xa4\n",
        "class\n",
    };
    for (const char *source : unlike) {
        const bool refused =
            is_refused(source, "expected TorchScript as torch writes it");
        ok(refused, "a source of another form");
        if (!refused) {
            printf("# it begins with %.12s\n", source);
        }
    }
}

} // namespace

int main() {
    test_good();
    test_what_is_evaluated();
    test_other_forms();
    return done_testing();
}
