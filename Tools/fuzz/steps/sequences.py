"""Recurrent layers, masks, attention."""

from keras import layers as L

from growth import step

MERGE_MODES = ["sum", "mul", "concat", "ave", None]


def cell_options(dice):
    return {
        "activation": dice.pick(["tanh", "relu", "linear", "elu"]),
        "use_bias": dice.flag(0.8),
    }


def gated_options(dice):
    return cell_options(dice) | {"recurrent_activation": dice.pick(["sigmoid", "hard_sigmoid", "tanh"])}


def run_options(dice):
    return {
        "return_sequences": dice.flag(0.6),
        "return_state": dice.flag(0.2),
        "go_backwards": dice.flag(0.25),
        "unroll": False,
    }


def recurrent(dice, **options):
    units = dice.count(1, 5)
    options = run_options(dice) | options
    return dice.pick(
        [
            L.SimpleRNN(units, **options, **cell_options(dice)),
            L.LSTM(units, unit_forget_bias=dice.flag(), **options, **gated_options(dice)),
            L.LSTM(units, **options),
            L.GRU(units, reset_after=dice.flag(), **options, **gated_options(dice)),
            L.GRU(units, **options),
            L.RNN(cells(dice), **options),
        ]
    )


def cell(dice):
    units = dice.count(1, 5)
    return dice.pick([L.SimpleRNNCell(units), L.LSTMCell(units), L.GRUCell(units, reset_after=dice.flag())])


def cells(dice):
    return dice.pick([cell(dice), [cell(dice) for _ in range(dice.count(2, 3))], L.StackedRNNCells([cell(dice)])])


@step(ranks=3, weight=5)
def recurrent_layer(dice, node, graph):
    return recurrent(dice)


@step(ranks=3, weight=3)
def bidirectional(dice, node, graph):
    forward = recurrent(dice, go_backwards=False)
    backward = recurrent(
        dice, go_backwards=True, **{key: getattr(forward, key) for key in ("return_sequences", "return_state")}
    )
    both = [forward] if dice.flag(0.8) else [forward, backward]
    return L.Bidirectional(
        both[0], merge_mode=dice.pick(MERGE_MODES), backward_layer=both[1] if len(both) > 1 else None
    )


@step(ranks=3, weight=1.5)
def encoder_decoder(dice, node, graph):
    """A layer that starts from the states of another."""
    kind, count = dice.pick([(L.LSTM, 2), (L.GRU, 1), (L.SimpleRNN, 1)])
    units = dice.count(1, 4)
    encoder = kind(units, return_state=True, return_sequences=dice.flag())
    decoder = kind(units, return_sequences=dice.flag())
    other = graph.partner(lambda other: other.kind == "float" and other.rank == 3) or node

    def call(x, y):
        return decoder(y, initial_state=list(encoder(x)[1 : 1 + count]))

    return call, [node, other]


@step(ranks=3)
def masking(dice, node, graph):
    return L.Masking(mask_value=dice.pick([0.0, float(node.value.numpy().flat[0])]))


@step(ranks=3, weight=0.7)
def masked_by_hand(dice, node, graph):
    """A mask that is an argument of the call."""
    layer = dice.pick([recurrent(dice), L.GlobalAveragePooling1D()])
    return (lambda x: layer(x, mask=x[:, :, 0] > -0.5)), [node]


@step(ranks=(4, 6), weight=2)
def convolutional_recurrent(dice, node, graph):
    kind = getattr(L, f"ConvLSTM{node.rank - 3}D")
    options = {
        "padding": dice.pick(["valid", "same"]),
        "strides": dice.pick([1, 1, 2]),
        "return_sequences": dice.flag(),
    }
    options |= {"return_state": dice.flag(0.2), "go_backwards": dice.flag(0.2), "use_bias": dice.flag(0.8)}
    if dice.flag(0.2) and options["strides"] == 1:
        options["dilation_rate"] = 2
    layer = kind(dice.count(1, 3), kernel_size=dice.count(1, 3), **options)
    return L.Bidirectional(layer, merge_mode=dice.pick(MERGE_MODES)) if dice.flag(0.15) else layer


@step(ranks=3, weight=3)
def attention(dice, node, graph):
    other = (
        graph.partner(lambda other: other.kind == "float" and other.rank == 3 and other.shape[-1] == node.shape[-1])
        or node
    )
    causal = dice.flag(0.3)
    scores = dice.flag(0.15)
    layer = dice.pick(
        [
            L.Attention(use_scale=dice.flag(), score_mode=dice.pick(["dot", "concat"])),
            L.AdditiveAttention(use_scale=dice.flag()),
            L.MultiHeadAttention(
                dice.count(1, 3), dice.count(1, 4), value_dim=dice.pick([None, 3]), use_bias=dice.flag(0.8),
                output_shape=dice.pick([None, 5]),
            ),
            L.GroupQueryAttention(dice.count(1, 4), 4, dice.pick([1, 2, 4]), use_bias=dice.flag(0.8)),
        ]
    )  # fmt: skip
    if isinstance(layer, (L.Attention, L.AdditiveAttention)):
        return (lambda x, y: layer([x, y], use_causal_mask=causal, return_attention_scores=scores)), [node, other]
    return (lambda x, y: layer(x, y, use_causal_mask=causal, return_attention_scores=scores)), [node, other]


@step(ranks=4, weight=0.5)
def attention_over_axes(dice, node, graph):
    axes = dice.pick([(1,), (2,), (1, 2)])
    layer = L.MultiHeadAttention(2, 3, attention_axes=axes)
    return (lambda x: layer(x, x)), [node]


@step(ranks=(3, 5), weight=3)
def time_distributed(dice, node, graph):
    inner = [L.Dense(dice.count(1, 5)), L.Flatten(), L.Activation("softmax"), L.BatchNormalization()]
    if node.rank == 3:
        inner += [L.Dense(3, activation="relu"), L.LayerNormalization(), L.RepeatVector(2)]
    if node.rank == 4:
        inner += [
            L.Conv1D(dice.count(1, 4), 2, padding="same"),
            L.GlobalMaxPooling1D(),
            recurrent(dice, return_state=False),
        ]
        inner += [L.Bidirectional(L.LSTM(2)), L.MaxPooling1D(2), L.TimeDistributed(L.Dense(2))]
    if node.rank == 5:
        inner += [L.Conv2D(dice.count(1, 4), 2), L.GlobalAveragePooling2D(), L.MaxPooling2D(2), L.Reshape((-1, 2))]
    return L.TimeDistributed(dice.pick(inner))
