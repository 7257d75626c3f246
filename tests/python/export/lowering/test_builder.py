import numpy as np

from gwparam.export.lowering.builder import Builder


def start(count):
    builder = Builder()
    return builder, builder.new(count)


def test_what_is_there_is_not_computed_again():
    builder, x = start(3)

    first = builder.elementwise("exp", np.stack((x, x)))
    second = builder.elementwise("exp", x[::-1])

    assert (first == [x + 3, x + 3]).all()
    assert (second == first[0][::-1]).all()
    assert len(builder.steps) == 1


def test_arguments_may_change_places_where_that_changes_no_bit():
    builder, x = start(2)

    assert builder.elementwise("add", *x) == builder.elementwise("add", *x[::-1])
    assert builder.elementwise("sub", *x) != builder.elementwise("sub", *x[::-1])


def test_functions_of_constants_are_folded_in_float64():
    builder, x = start(1)
    mixed = np.array([x[0], builder.constant(2.0)])

    root = builder.elementwise("sqrt", mixed)

    assert builder.values(root[1:]) == [np.sqrt(2.0)]
    assert [step.out.size for step in builder.steps] == [1]


def test_factors_are_multiplied_and_shifts_added():
    builder, x = start(1)

    scaled = builder.elementwise("mul", x, builder.constant(3.0))
    shifted = builder.elementwise("add", scaled, builder.constant(1.0))
    halved = builder.elementwise("div", shifted, builder.constant(2.0))

    assert builder.affine_of(int(halved[0])) == (x[0], 1.5, 0.5)


def test_a_difference_is_taken_before_it_is_scaled():
    # Together, 250 K less 249 K would lose the digits that they share.
    builder, x = start(1)

    less = builder.elementwise("sub", x, builder.constant(250.0))
    scaled = builder.elementwise("mul", less, builder.constant(0.1))

    assert builder.affine_of(int(scaled[0])) == (less[0], 0.1, 0.0)


def test_multiples_of_one_number_are_joined():
    # Pressures on sigma levels: ratio and thickness need no pressure.
    builder, x = start(1)
    upper = builder.elementwise("mul", x, builder.constant(0.25))
    lower = builder.elementwise("mul", x, builder.constant(0.5))

    ratio = builder.elementwise("div", lower, upper)
    thickness = builder.elementwise("sub", lower, upper)
    total = builder.elementwise("add", lower, upper)

    assert builder.values(ratio) == [2.0]
    assert builder.affine_of(int(thickness[0])) == (x[0], 0.25, 0.0)
    assert builder.affine_of(int(total[0])) == (x[0], 0.75, 0.0)


def test_a_number_over_itself_stays():
    # It tells whether the number is 0 or infinite.
    builder, x = start(1)

    assert builder.elementwise("div", x, x)[0] >= 0
    assert builder.elementwise("sub", x, x)[0] >= 0


def test_elements_are_in_the_order_of_the_argument_with_most():
    builder, x = start(6)
    mask = builder.elementwise("gt", x[:2], builder.constant(0.0))
    masks = np.stack((mask, mask, mask), axis=1).reshape(-1)

    chosen = builder.elementwise("select", masks, x, builder.constant(0.0))
    shifted = builder.elementwise(
        "add", x[3], builder.constant(np.array([3.0, 1.0, 2.0]))
    )

    assert (builder.steps[1].args[1] == x).all()
    assert (np.diff(chosen) == 1).all()
    # Constants by their values.
    assert shifted.argsort().tolist() == [1, 2, 0]


def test_rows_of_a_layer_are_in_the_order_of_the_input_with_most():
    builder, x = start(4)
    rows = np.stack((x[[1, 0, 1, 0]], x[[3, 2, 1, 0]]))

    made = builder.dense(rows, np.ones((1, 2)), np.zeros(1))

    assert (builder.steps[0].args[0][1] == x).all()
    assert (np.diff(made[0]) == -1).all()


def test_neutral_constants_cost_nothing():
    builder, x = start(2)

    same = builder.elementwise("mul", x, builder.constant(1.0))
    same = builder.elementwise("sub", same, builder.constant(0.0))
    zero = builder.elementwise("mul", x, builder.constant(0.0))

    assert (same == x).all()
    assert (builder.values(zero) == 0.0).all()
    assert not builder.steps


def test_infinity_is_no_factor_to_fold():
    builder, x = start(1)
    factor = builder.constant(np.inf)

    builder.elementwise("mul", builder.elementwise("mul", x, factor), factor)

    assert [step.op for step in builder.steps] == ["mul", "mul"]


def test_sign_times_root_of_the_size_is_the_cube_root():
    builder, x = start(2)
    zero = builder.constant(0.0)
    sign = builder.elementwise(
        "sub", builder.elementwise("gt", x, zero), builder.elementwise("lt", x, zero)
    )
    size = builder.elementwise("abs", x)
    root = builder.elementwise("pow", size, builder.constant(1.0 / 3.0))

    builder.elementwise("mul", sign, root)

    assert builder.steps[-1].op == "cbrt"
    assert (builder.steps[-1].args[0] == x).all()


def test_constant_inputs_of_a_layer_go_into_its_bias():
    builder, x = start(2)
    inputs = np.array([[x[0]], [builder.constant(2.0)], [x[1]]])
    weight = np.array([[1.0, 10.0, 3.0], [0.0, 0.0, 0.0]])

    out = builder.dense(inputs, weight, np.array([0.5, 7.0]))

    (step,) = builder.steps
    assert (step.args[0] == x[:, None]).all()
    assert step.layer.weight.tolist() == [[1.0, 3.0]]
    assert step.layer.bias.tolist() == [20.5]
    assert builder.values(out[1]) == [7.0]  # nothing but its bias


def test_scaled_inputs_scale_the_weights():
    builder, x = start(1)
    scaled = builder.elementwise("mul", x, builder.constant(4.0))
    shifted = builder.elementwise("add", scaled, builder.constant(1.0))

    builder.dense(shifted[:, None], np.array([[3.0]]), np.array([0.5]))

    step = builder.steps[-1]
    assert (step.args[0] == x[:, None]).all()
    assert step.layer.weight.tolist() == [[12.0]]
    assert step.layer.bias.tolist() == [3.5]


def test_running_maximum_of_one_and_equal_columns():
    builder, x = start(4)

    assert (builder.along("running_max", x[None]) == x[None]).all()
    twice = builder.along("sum", np.stack((x[:2], x[:2]), axis=1))
    assert twice[0] == twice[1]
    assert builder.steps[-1].args[0].shape == (2, 1)
