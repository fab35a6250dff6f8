"""Functions of arrays: one row each.

What is worked entry by entry (relu, exp, ...) stands in the tables for numbers.
"""

from __future__ import annotations

from collections.abc import Mapping

from stepper.tables.array import ArrayFunction
from stepper.tables.moving import MOVING
from stepper.tables.sliding import SLIDING

_NUMPY = "NumPy documentation"
_PYTORCH = "PyTorch documentation"
_WINDOW = ("kernel", "stride", "padding")
_DL = "Goodfellow, Bengio and Courville, Deep learning, 2016"

ARRAYS: tuple[ArrayFunction, ...] = (
    # ---- shapes
    ArrayFunction(
        "flatten", "X[], start=1", f"{_PYTORCH}, torch.flatten", machine="flatten", vjp={"X": "shaped(G, X)"},
        says="all axes from start on become one, row after row",
    ),
    ArrayFunction("shaped", "X[], Y[]", f"{_NUMPY}, numpy.reshape", like="Y", machine="shaped",
        vjp={"X": "shaped(G, X)", "Y": "0*Y"},
        says="X in the shape of Y"),
    ArrayFunction("spread", "X[], Y[], axis=0", f"{_NUMPY}, numpy.broadcast_to", like="Y", machine="spread",
        vjp={"X": "gathered(G, X, axis)", "Y": "0*Y"},
        repeats=True,
        says="X repeated along the axes that Y has and it has not"),
    ArrayFunction("gathered", "X[], Y[], axis=0", f"{_NUMPY}: broadcasting, backwards", like="Y", gathers=True,
        machine="gathered",
        vjp={"X": "spread(G, X, axis)", "Y": "0*Y"},
        says="X summed over the axes along which Y was repeated"),
    ArrayFunction("counted", "X[]", f"{_NUMPY}, numpy.arange", like="X", machine="counted", vjp={"X": "0*X"},
        says="1, 2, 3, ... in the shape of X, row after row"),
    ArrayFunction("outer", "x[], y[]", f"{_NUMPY}, numpy.outer", machine="outer",
        makes="x*y", vjp={"x": "G @ y", "y": "G.T @ x"}, says="x[i]*y[j]"),
    ArrayFunction("shape", "X[]", f"{_NUMPY}, numpy.shape", machine="sizes", vjp={"X": "0*X"},
        says="the sizes of its axes"),
    ArrayFunction("placed", "G[], X[], first, second=0, third=0, fourth=0", "zeros, and one entry", like="X",
        machine="placed",
        says="G at one place of zeros in the shape of X"),
    ArrayFunction("concat", "X[], Y[], axis=1", f"{_NUMPY}, numpy.concatenate", machine="concat", makes="X + Y",
        vjp={"X": "first_part(G, X, axis)", "Y": "last_part(G, Y, axis)"}, says="one after the other along an axis"),
    ArrayFunction("first_part", "G[], X[], axis=1", f"{_NUMPY}: slicing", like="X", machine="first_part",
        says="the first entries, as many as X has"),
    ArrayFunction("last_part", "G[], Y[], axis=1", f"{_NUMPY}: slicing", like="Y", machine="last_part",
        says="the last entries, as many as Y has"),
    *MOVING,
    # ---- sums
    ArrayFunction("sum", "X[], axis=0", f"{_NUMPY}, numpy.sum", machine="total", gathers=True,
        vjp={"X": "spread(G, X, axis)"}, symbol="Σ",
        says="over one axis, or over all (0)"),
    ArrayFunction("mean", "X[], axis=0", f"{_NUMPY}, numpy.mean", machine="mean",
        vjp={"X": "spread(G, X, axis)/along(X, axis)"},
        says="over one axis, or over all (0)"),
    ArrayFunction("along", "X[], axis=0", f"{_NUMPY}, numpy.shape", machine="along", vjp={"X": "0*X"}, counts=True,
        says="how many entries there are"),
    ArrayFunction("max", "X[], axis=0", f"{_NUMPY}, numpy.max", machine="lines", fold="max",
        vjp={"X": "spread(G, X, axis)*largest_mask(X, axis)"},
        says="over one axis, or over all (0); of equal ones the first takes the gradient"),
    ArrayFunction("min", "X[], axis=0", f"{_NUMPY}, numpy.min", machine="lines", fold="min",
        vjp={"X": "spread(G, X, axis)*largest_mask(-X, axis)"}, says="as max"),
    ArrayFunction("argmax", "X[], axis=0", f"{_NUMPY}, numpy.argmax", machine="largest_places", places=True,
        works="50*X", vjp={"X": "0*X"}, says="the place of the largest entry, over one axis, or over all (0), the "
                                             "first of equal ones"),
    ArrayFunction("largest_mask", "X[], axis=0", "1 at the largest entry", like="X", machine="largest_mask",
        works="50*X", vjp={"X": "0*X"}),
    # ---- softmax
    ArrayFunction(
        "softmax", "X[], axis=-1", f"{_DL}, equation 6.29", like="X", machine="each_line", fold="softmax",
        writes="X*long", gives="distribution",
        vjp={"X": "out*(G - spread(sum(G*out, axis), out, axis))"},
        plain="exp(X - spread(max(X, axis), X, axis))/spread(sum(exp(X - spread(max(X, axis), X, axis)), axis), X, "
              "axis)",
        element="exp(x[i])/sum(exp(x))",
    ),
    ArrayFunction(
        "log_softmax", "X[], axis=-1", f"{_DL}, equation 6.31", like="X", machine="each_line", fold="log_softmax",
        writes="X*long", gives="log-distribution",
        vjp={"X": "G - exp(out)*spread(sum(G, axis), out, axis)"},
        plain="X - spread(max(X, axis) + log(sum(exp(X - spread(max(X, axis), X, axis)), axis)), X, axis)",
        element="x[i] - log(sum(exp(x)))",
    ),
    ArrayFunction("softmin", "X[], axis=-1", f"{_PYTORCH}, torch.nn.Softmin", like="X", value="softmax(-X, axis)",
        gives="distribution", says="over one axis: the last, unless another is given"),
    ArrayFunction(
        "cross_entropy", "Z[], Y[]", f"{_PYTORCH}, torch.nn.CrossEntropyLoss", value="-sum(Y*log_softmax(Z))/rows(Z)",
        vjp={"Z": "G*(softmax(Z)*spread(sum(Y, -1), Z, -1) - Y)/rows(Z)", "Y": "-G*log_softmax(Z)/rows(Z)"},
        same=("Z", "Y"),
        also={"Z": ("G*(softmax(Z) - Y)/rows(Z)", "each row of Y sums to 1")},
        symbol="CE", takes={"Z": "logits", "Y": "distribution"}, target="Y", applies="softmax", unit="nats",
        classes="Y",
        says="of logits Z and targets Y in the same shape, 1 at the class of each row, or the number of the class of "
             "each row; "
        "the mean over the rows", aliases=("cross_entropy_one_hot",),
    ),
    ArrayFunction(
        "nll", "logP[], Y[]", f"{_PYTORCH}, torch.nn.NLLLoss", value="-sum(Y*logP)/rows(logP)", same=("logP", "Y"),
        vjp={"logP": "-G*Y/rows(logP)", "Y": "-G*logP/rows(logP)"},
        takes={"logP": "log-distribution", "Y": "distribution"}, target="Y", unit="nats", classes="Y",
        says="of log-probabilities, and targets as in cross_entropy; the mean over the rows",
    ),
    ArrayFunction(
        "multi_hinge", "S[], Y[], margin[]=1", "Weston and Watkins, Support vector machines for multi-class pattern "
                                               "recognition, 1999",
        value="sum(where(Y == 1, 0, relu(S - spread(sum(S*Y, -1), S, -1) + margin)))/rows(S)", same=("S", "Y"),
        classes="Y",
        says="of scores, and targets as in cross_entropy; summed over the other classes, the mean over the rows",
    ),
    ArrayFunction("rows", "X[]", f"{_NUMPY}, numpy.shape", machine="rows", vjp={"X": "0*X"}, counts=True,
        says="how many rows; 1 of a vector"),
    ArrayFunction(
        "masked_softmax", "X[], M[]", "Vaswani et al., Attention is all you need, 2017, section 3.2.3", like="X",
        machine="each_masked_line", writes="X*long", gives="distribution",
        fold="softmax", vjp={"X": "out*(G - spread(sum(G*out, -1), out, -1))", "M": "0*M"},
        plain="softmax(where(M == 0, -1e300, X))",
        says="over the entries of each row that the mask lets through (1); the others are 0",
    ),
    ArrayFunction(
        "attention", "Q[], K[], V[]", "Vaswani et al., Attention is all you need, 2017, equation 1",
        value="softmax(Q @ K.T/sqrt(along(K, -1))) @ V", says="scaled dot products",
    ),
    # ---- statistics
    ArrayFunction("var", "X[], axis=0", f"{_NUMPY}, numpy.var", machine="var", writes="X*long",
        vjp={"X": "2*spread(G, X, axis)*(X - spread(mean(X, axis), X, axis))/along(X, axis)"},
        says="the mean of the squared distances, by n"),
    ArrayFunction("standardized", "X[], axis=1, eps[]=0", "Ioffe and Szegedy, Batch normalization, 2015, algorithm 1",
        like="X", value="(X - spread(mean(X, axis), X, axis))/sqrt(spread(var(X, axis), X, axis) + eps)",
        says="mean 0 and variance 1 along an axis"),
    ArrayFunction("batch_norm", "X[], gamma[]=1, beta[]=0, eps[]=0.00001", "Ioffe and Szegedy, Batch normalization, "
                                                                           "2015, algorithm 1; "
        f"{_PYTORCH}, torch.nn.BatchNorm1d", like="X", value="gamma*standardized(X, 1, eps) + beta", most_axes=2,
        says="in training: mean and variance over the batch, axis 1; the variance by n"),
    ArrayFunction("layer_norm", "X[], gamma[]=1, beta[]=0, eps[]=0.00001", "Ba, Kiros and Hinton, Layer "
                                                                           "normalization, 2016; "
        f"{_PYTORCH}, torch.nn.LayerNorm", like="X", value="gamma*standardized(X, -1, eps) + beta",
        says="mean and variance over the last axis"),
    ArrayFunction("batch_norm_inference", "X[], mu[], v[], gamma[]=1, beta[]=0, eps[]=0.00001",
        f"{_PYTORCH}, torch.nn.BatchNorm1d in evaluation", value="gamma*(X - mu)/sqrt(v + eps) + beta",
        says="with running statistics"),
    ArrayFunction("by_channel", "X[]", f"{_NUMPY}, numpy.moveaxis", machine="by_channel",
        vjp={"X": "from_channels(G, X)"},
        says="a row for each channel of a batch of images"),
    ArrayFunction("from_channels", "Z[], X[]", f"{_NUMPY}, numpy.moveaxis", like="X", machine="from_channels",
        vjp={"Z": "by_channel(G)", "X": "0*X"}, says="rows of channels back in the shape of X"),
    ArrayFunction("column", "x[], axes=1", f"{_NUMPY}, numpy.reshape", machine="column", vjp={"x": "shaped(G, x)"},
        says="a vector as a column; with so many axes of size 1 behind it, one number for each channel of an image"),
    ArrayFunction("batch_norm2d", "X[], gamma[]=1, beta[]=0, eps[]=0.00001", "Ioffe and Szegedy, Batch normalization, "
                                                                             "2015, section 3.2; "
        f"{_PYTORCH}, torch.nn.BatchNorm2d", like="X",
        value="from_channels(column(gamma)*standardized(by_channel(X), -1, eps) + column(beta), X)",
        says="in training: mean and variance of each channel over batch and space"),
    ArrayFunction("grouped", "X[], groups, axis=-3", f"{_NUMPY}, numpy.reshape", machine="grouped",
        vjp={"X": "shaped(G, X)"}, says="the channels of an image in groups, a row each; axis is that of the channels"),
    ArrayFunction("instance_norm", "X[], eps[]=0.00001, start=-2", "Ulyanov et al., Instance normalization, 2016",
        like="X", value="shaped(standardized(flatten(X, start), -1, eps), X)",
        says="mean and variance over the space of each channel, the axes from start on"),
    ArrayFunction("group_norm", "X[], groups, eps[]=0.00001, axis=-3", "Wu and He, Group normalization, 2018", like="X",
        value="shaped(standardized(grouped(X, groups, axis), -1, eps), X)",
        says="mean and variance over each group of channels; axis is that of the channels"),
    ArrayFunction("rms_norm", "X[], gamma[]=1, eps[]=0", "Zhang and Sennrich, Root mean square layer normalization, "
                                                         "2019, equation 4", like="X",
        value="gamma*X/sqrt(spread(mean(X*X, -1), X, -1) + eps)", says="over the root of the mean square of the last "
                                                                       "axis"),
    ArrayFunction("dropout", "X[], mask[], p[]=1/2", f"{_PYTORCH}, torch.nn.Dropout", value="X*mask/(1 - p)",
        says="in training: p is the probability of dropping; what is kept is scaled by 1/(1 - p)"),
    ArrayFunction("masks", "x[]", "all of them", machine="masks",
        makes="x*2^where(x > 60, 60, x)", works="10*x*2^where(x > 60, 60, x)",
        vjp={"x": "0*x"}, says="every mask of 0 and 1, one a row"),
    # ---- matrices
    ArrayFunction("det", "A[]", f"{_NUMPY}, numpy.linalg.det", machine="det",
        works="n^3", vjp={"A": "G*adjugate(A).T"}),
    ArrayFunction("adjugate", "A[]", "Strang, Introduction to linear algebra, 2016, section 5.3", like="A",
        machine="adjugate",
        works="2*n^3",
        says="the transpose of the cofactors: det(A) times the inverse, where there is one"),
    ArrayFunction("inv", "A[]", f"{_NUMPY}, numpy.linalg.inv", like="A", machine="inv",
        works="n^3", vjp={"A": "-(out.T @ G @ out.T)"}),
    ArrayFunction("solve", "A[], b[]", f"{_NUMPY}, numpy.linalg.solve", value="inv(A) @ b"),
    ArrayFunction("eigvals", "A[]", f"{_NUMPY}, numpy.linalg.eigvals", machine="eigvals",
        works="20*n^3", says="in floating point, the smallest first"),
    # ---- windows
    *SLIDING,
    ArrayFunction("turned", "K[]", f"{_DL}, section 9.5", machine="turned", vjp={"K": "turned(G)"}, symbol="rot180",
        says="turned round by 180 degrees; of a kernel with channels inputs and outputs change places"),
    ArrayFunction("reach", "K[]", f"{_NUMPY}, numpy.shape", machine="reach", vjp={"K": "0*K"}, counts=True,
        says="how wide a kernel is"),
    ArrayFunction("rot180", "K[]", f"{_NUMPY}, numpy.flip", like="K", machine="rot180", vjp={"K": "rot180(G)"},
        says="turned round by 180 degrees"),
    ArrayFunction("toeplitz", "K[], X[], stride=1, padding=0", "Strang, Linear algebra and learning from data, 2019, "
                                                               "section VII.2",
        machine="toeplitz",
        makes="X*(X + 2*padding)/step", works="50*K*(X + 2*padding)/step",
        says="the matrix by which a one-dimensional convolution of x is a product"),
    ArrayFunction("unfold", "X[], kernel, stride=1, padding=0", f"{_PYTORCH}, torch.nn.Unfold", machine="unfold", slides=2, each=_WINDOW,
        makes="(X + 4*padding^2 + 4*padding*X)*kernel^2/step^2",
        vjp={"X": "unfold_back(G, X, kernel, stride, padding)"}, says="a row for each window of an image (im2col)",
        aliases=("im2col",)),
    ArrayFunction("unfold_back", "G[], X[], kernel, stride=1, padding=0", f"{_PYTORCH}, torch.nn.Fold",
        machine="unfold_back", slides=2, each=_WINDOW,
        works="100*G", like="X",
        says="each row added where its window lay"),
    ArrayFunction("averaging", "X[], size, axis=-1", f"{_PYTORCH}, torch.nn.AdaptiveAvgPool2d", machine="averaging",
        makes="long*size", vjp={"X": "0*X"},
        says="the matrix that takes the mean of each of size parts of an axis"),
    ArrayFunction("interpolating", "X[], size, axis=-1, corners=0", f"{_PYTORCH}, torch.nn.Upsample, bilinear",
        machine="interpolating", makes="long*size", vjp={"X": "0*X"},
        says="the matrix that takes size entries of an axis, each between the two that are next to it; with corners=1 the "
             "first and the last stay"),
    ArrayFunction("adaptive_avg_pool", "X[], size", f"{_PYTORCH}, torch.nn.AdaptiveAvgPool2d",
        value="averaging(X, size, -2) @ X @ averaging(X, size, -1).T", says="the means of an image over a grid of "
                                                                            "size by size parts"),
    # ---- words and boxes
    ArrayFunction("one_hot", "i[], E[]", f"{_PYTORCH}, torch.nn.functional.one_hot", machine="one_hot",
        makes="i*rows", works="50*i", vjp={"i": "0*i", "E": "0*E"}, integers=("i",),
        says="for each number a row with 1 at its place, as wide as E has rows; counted from 1"),
    ArrayFunction("embedding", "i[], E[]", f"{_PYTORCH}, torch.nn.Embedding", value="one_hot(i, E) @ E",
        says="rows of E by their numbers"),
    ArrayFunction("cosine_similarity", "x[], y[]", f"{_PYTORCH}, torch.nn.CosineSimilarity",
        value="sum(x*y)/(norm(x)*norm(y))"),
    ArrayFunction("spectral_norm", "A[]", "Miyato et al., Spectral normalization, 2018",
        value="sqrt(max(eigvals(A.T @ A)))",
        says="the largest singular value"),
    ArrayFunction("triplet", "a[], p[], n[], margin[]=1", "Schroff et al., FaceNet, 2015, equation 3",
        value="max(0, sum((a - p)^2) - sum((a - n)^2) + margin)", says="of squared distances"),
    ArrayFunction("contrastive", "x[], y[], same[], margin[]=1", "Hadsell, Chopra and LeCun, 2006, equation 4",
        value="(same*sum((x - y)^2) + (1 - same)*max(0, margin - norm(x - y))^2)/2",
        says="same is 1 for a pair that belongs together"),
    ArrayFunction("overlap", "a[], b[]", "Everingham et al., The Pascal VOC challenge, 2010, section 4.2",
        value="max(0, min(a[3], b[3]) - max(a[1], b[1]))*max(0, min(a[4], b[4]) - max(a[2], b[2]))",
        says="of boxes [x1, y1, x2, y2]"),
    ArrayFunction("iou", "a[], b[]", "Everingham et al., The Pascal VOC challenge, 2010, section 4.2",
        value="overlap(a, b)/((a[3] - a[1])*(a[4] - a[2]) + (b[3] - b[1])*(b[4] - b[2]) - overlap(a, b))",
        says="intersection over union of boxes [x1, y1, x2, y2]"),
)  # fmt: skip

BY_ARRAY_NAME: Mapping[str, ArrayFunction] = {name: row for row in ARRAYS for name in (row.name, *row.aliases)}
"""Every function of arrays by each of its names."""
