#include "torch/source_check.hpp"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <vector>

#include "base/error.hpp"

namespace gwparam {

namespace {

struct Token {
    enum class Kind { name, number, text, sign };
    Kind kind;
    std::string word; // empty for a text
    std::size_t line;
};

// A statement, on as many lines as its brackets want.
struct Statement {
    std::size_t indent = 0;
    std::vector<Token> tokens;
};

class Source {
  public:
    Source(const std::string &what, const std::string &source)
        : what_(what), source_(source) {}

    [[noreturn]] void refuse(std::size_t line, const std::string &why) const {
        throw Error(GWPARAM_ERR_CONTRACT, what_ + ", line " + std::to_string(line) +
                                              ": " + why +
                                              ", expected TorchScript as torch "
                                              "writes it");
    }

    // Refuses all that could be read in two ways.
    std::vector<Statement> statements() {
        std::vector<Statement> all;
        while (at_ < source_.size()) {
            Statement statement = next();
            if (!statement.tokens.empty()) {
                all.push_back(std::move(statement));
            }
        }
        return all;
    }

  private:
    bool is_at(char wanted) const {
        return at_ < source_.size() && source_[at_] == wanted;
    }

    Statement next() {
        Statement statement;
        int depth = 0;
        for (; is_at(' '); ++at_) {
            ++statement.indent;
        }
        while (at_ < source_.size()) {
            const char c = source_[at_];
            if (c == '\n') {
                ++at_;
                ++line_;
                if (depth == 0) {
                    return statement;
                }
            } else if (c == ' ') {
                ++at_;
            } else {
                statement.tokens.push_back(token());
                const std::string &word = statement.tokens.back().word;
                const bool opens = word == "(" || word == "[" || word == "{";
                const bool closes = word == ")" || word == "]" || word == "}";
                depth += opens ? 1 : closes ? -1 : 0;
            }
        }
        return statement;
    }

    Token token() {
        const std::size_t begin = at_;
        const auto c = static_cast<unsigned char>(source_[at_]);
        if (c == '"' || c == '\'') {
            skip_text(static_cast<char>(c));
            return {Token::Kind::text, "", line_};
        }
        const bool is_word = std::isalnum(c) != 0 || c == '_';
        if (is_word) {
            const bool is_number = std::isdigit(c) != 0;
            while (at_ < source_.size() &&
                   (std::isalnum(static_cast<unsigned char>(source_[at_])) != 0 ||
                    is_at('_') || (is_number && is_at('.')))) {
                ++at_;
            }
            return {is_number ? Token::Kind::number : Token::Kind::name,
                    source_.substr(begin, at_ - begin), line_};
        }
        if (std::string("()[]{}:,.=+-*/%<>!&|^~@").find(static_cast<char>(c)) ==
            std::string::npos) {
            refuse(line_, "a character that it has not");
        }
        ++at_;
        return {Token::Kind::sign, std::string(1, static_cast<char>(c)), line_};
    }

    void skip_text(char quote) {
        for (++at_; !is_at(quote); ++at_) {
            if (at_ >= source_.size() || is_at('\n')) {
                refuse(line_, "a text without its end");
            }
            at_ += is_at('\\') ? 1 : 0;
        }
        ++at_;
        if (is_at(quote)) { // an empty text, or three quotes
            refuse_third(quote);
        }
    }

    void refuse_third(char quote) const {
        refuse(line_, std::string("two texts, or three ") + quote);
    }

    std::string what_;
    const std::string &source_;
    std::size_t at_ = 0;
    std::size_t line_ = 1;
};

bool is_one_of(const std::string &word, std::initializer_list<const char *> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

// Names in numbers, and in the types of lists. None of them does anything.
bool is_literal(const Token &token) {
    return token.kind != Token::Kind::name ||
           is_one_of(token.word, {"True", "False", "None", "inf", "nan", "annotate",
                                  "List", "Tuple", "Dict", "Optional", "int", "float",
                                  "bool", "str", "Tensor", "NoneType"});
}

bool is(const Token &token, const char *word) {
    return token.kind != Token::Kind::text && token.word == word;
}

// From the first sign of equality to the end of what is given.
void check_given(const Source &source, const std::vector<Token> &tokens,
                 std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
        if (!is_literal(tokens[i]) || is(tokens[i], ".") || is(tokens[i], "=")) {
            source.refuse(tokens[i].line, tokens[i].word + " in what is evaluated at "
                                                           "the load");
        }
    }
}

// Defaults of arguments; what is called is checked in its graph.
void check_definition(const Source &source, const std::vector<Token> &tokens) {
    if (tokens.size() < 4 || !is(tokens[2], "(") || !is(tokens.back(), ":")) {
        source.refuse(tokens[0].line, "a definition of another form");
    }
    if (is(tokens[1], "__setstate__")) {
        source.refuse(tokens[1].line, tokens[1].word + ", which runs at the load");
    }
    std::size_t depth = 0;
    std::size_t i = 2;
    for (; i < tokens.size(); ++i) {
        const bool opens = is(tokens[i], "(") || is(tokens[i], "[");
        const bool closes = is(tokens[i], ")") || is(tokens[i], "]");
        depth = depth + (opens ? 1 : 0) - (closes ? 1 : 0);
        if (depth == 0) {
            break;
        }
        if (is(tokens[i], "=")) {
            std::size_t end = i + 1;
            for (std::size_t inner = depth; end < tokens.size(); ++end) {
                const bool in = is(tokens[end], "(") || is(tokens[end], "[");
                const bool out = is(tokens[end], ")") || is(tokens[end], "]");
                inner = inner + (in ? 1 : 0) - (out ? 1 : 0);
                if (inner < depth || (inner == depth && is(tokens[end], ","))) {
                    break;
                }
            }
            check_given(source, tokens, i + 1, end);
            i = end - 1;
        }
    }
    for (; i < tokens.size(); ++i) {
        if (is(tokens[i], "=") || (is(tokens[i], ":") && i + 1 < tokens.size())) {
            source.refuse(tokens[i].line, "a definition of another form");
        }
    }
}

// An attribute with its type, a constant, or the type of one whose name is no word.
void check_member(const Source &source, const std::vector<Token> &tokens) {
    const auto equal = std::find_if(tokens.begin(), tokens.end(),
                                    [](const Token &token) { return is(token, "="); });
    const auto at = static_cast<std::size_t>(equal - tokens.begin());
    if (is(tokens[0], "__annotations__")) {
        for (std::size_t i = at; i < tokens.size(); ++i) {
            if (is(tokens[i], "(")) {
                source.refuse(tokens[i].line, "a call in a type");
            }
        }
    } else if (equal != tokens.end()) {
        check_given(source, tokens, at + 1, tokens.size());
    }
}

} // namespace

void check_source(const std::string &what, const std::string &source) {
    constexpr std::size_t step = 2; // columns of an indentation
    Source read(what, source);
    bool in_class = false;
    bool in_definition = false;
    for (const Statement &statement : read.statements()) {
        const std::vector<Token> &tokens = statement.tokens;
        const bool is_class = is(tokens[0], "class");
        const bool is_definition = is(tokens[0], "def");
        for (std::size_t i = 1; i < tokens.size(); ++i) {
            if (tokens[i].kind == Token::Kind::name &&
                is_one_of(tokens[i].word, {"class", "def", "lambda", "classes"})) {
                read.refuse(tokens[i].line, tokens[i].word + " inside a statement");
            }
        }
        if (statement.indent == 0) {
            in_class = is_class;
            in_definition = is_definition;
            if (!is_class && !is_definition) {
                read.refuse(tokens[0].line, "a statement outside of definitions");
            }
            const auto ends = [](const Token &token) {
                return is(token, ":") || is(token, "=");
            };
            if (is_class &&
                std::find_if(tokens.begin(), tokens.end(), ends) != tokens.end() - 1) {
                read.refuse(tokens[0].line, "a class of another form");
            }
        } else if (in_class && statement.indent == step) {
            in_definition = is_definition;
            if (!is_definition) {
                check_member(read, tokens);
            }
        } else if (!in_definition || is_definition || is_class ||
                   (in_class && statement.indent < 2 * step) ||
                   statement.indent < step) {
            read.refuse(tokens[0].line, "a statement of another indentation");
        }
        if (is_definition) {
            check_definition(read, tokens);
        }
    }
}

} // namespace gwparam
