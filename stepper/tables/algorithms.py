"""Small algorithms, worked entry by entry: one row each."""

from __future__ import annotations

from collections.abc import Mapping

from stepper.tables.algorithm import Algorithm, Fold, Law, Result

ALGORITHMS: tuple[Algorithm, ...] = (
    Algorithm(
        "early stopping", "Early stopping", "epoch", data="loss", settings="patience, delta=0",
        begin="best = loss; best_epoch = i; wait = 0",
        update="best_epoch = where(loss < best - delta, i, best_epoch); "
        "wait = where(loss < best - delta, 0, wait + 1); "
        "best = where(loss < best - delta, loss, best)",
        stop="wait >= patience",
        results=(
            Result("best_epoch", "best_epoch", "last"),
            Result("best_loss", "best", "last"),
            Result("stop_epoch", "i", "last", stopped=True,
                otherwise="The training does not stop early: all epochs are run."),
        ),
        require=(("patience >= 1", "the patience must be at least 1 epoch"),
            ("floor(patience) == patience", "the patience must be a whole number of epochs"),
            ("delta >= 0", "delta must not be negative")),
        laws=(
            Law("no loss is lower than the best one by more than {delta}", "loss >= best_loss - delta"),
            Law("the epochs after the best one are those that were waited", "wait == i - best_epoch"),
            Law("before the last epoch the patience was not used up", "wait < patience", given="i < last"),
        ),
        says=("a loss counts as better where it is lower than the best so far by more than {delta}",
            "{wait} counts the epochs since the best one; training stops where it reaches the {patience}, "
            "and the weights of the best epoch are kept"),
        source="Goodfellow, Bengio and Courville, Deep learning, 2016, algorithm 7.1; Keras, EarlyStopping",
    ),
    Algorithm(
        "reduce on plateau", "The learning rate, reduced on a plateau", "epoch", data="loss",
        settings="lr, factor=1/10, patience=10, delta=0",
        begin="best = loss; bad = 0; wait = 0; rate = lr; reductions = 0",
        update="bad = where(loss < best - delta, 0, wait + 1); "
        "best = where(loss < best - delta, loss, best); "
        "rate = where(bad > patience, factor*rate, rate); "
        "reductions = where(bad > patience, reductions + 1, reductions); "
        "wait = where(bad > patience, 0, bad)",
        results=(Result("final_rate", "rate", "last"), Result("times", "reductions", "last")),
        require=(("lr > 0", "the learning rate must be positive"),
            ("factor > 0", "the factor must be positive"), ("factor < 1", "the factor must be less than 1"),
            ("patience >= 0", "the patience must not be negative"),
            ("floor(patience) == patience", "the patience must be a whole number of epochs"),
            ("delta >= 0", "delta must not be negative")),
        laws=(Law("each reduction has the same factor", "rate == lr*factor^reductions"),
            Law("more epochs than the patience passed before each reduction",
                "reductions*(patience + 1) <= i - first")),
        says=("a loss counts as better where it is lower than the best so far by more than {delta}",
            "{bad} counts the epochs without a better one; where there are more than the {patience}, the {rate} of the "
            "next epoch is multiplied by the {factor}, and the count begins again"),
        source="PyTorch documentation, torch.optim.lr_scheduler.ReduceLROnPlateau (threshold_mode='abs')",
        aliases=("reduce lr on plateau", "decay on plateau", "plateau"),
    ),
    Algorithm(
        "non-maximum suppression", "Non-maximum suppression", "box", data="box: x1 y1 x2 y2; score",
        settings="threshold=1/2", worked=True, each="area = (x2 - x1)*(y2 - y1)", order="score",
        pairs="width = max(0, min(x2, x2') - max(x1, x1')); height = max(0, min(y2, y2') - max(y1, y1')); "
        "inter = width*height; union = area + area' - inter; iou = inter/union",
        folds=(Fold("max_iou", "max", "iou", "the largest", among="keep == 1"),),
        update="keep = where(max_iou > threshold, 0, 1)",
        results=(Result("kept", "keep == 1", "chosen"),),
        require=(("threshold >= 0", "the threshold must not be negative"),
            ("threshold <= 1", "the threshold must be at most 1")),
        require_each=(("x2 > x1", "x2 must be greater than x1"), ("y2 > y1", "y2 must be greater than y1")),
        laws=(
            Law("no two boxes that are kept overlap above the {threshold}", "iou <= threshold", "pairs",
                "keep*keep' == 1"),
            Law("each box that is dropped overlaps a kept one of at least its {score} above the {threshold}",
                "iou > threshold", given="keep == 0", some="where(score' >= score, keep', 0) == 1")),
        says=("a box is given by two corners, ({x1}, {y1}) and ({x2}, {y2})",
            "a box is dropped where its IoU with one that is kept is greater than the {threshold}",
            "of boxes with the same score the one that is listed first comes first"),
        source="Felzenszwalb et al., Object detection with discriminatively trained part-based models, 2010, "
        "section 7.2; torchvision, ops.nms",
        aliases=("nms", "non maximum suppression"),
    ),
    Algorithm(
        "stratified split", "A stratified split", "class", data="count", settings="share",
        each="quota = share*count; whole = floor(quota); rest = quota - whole",
        totals="wanted = floor(share*sum(count)); left = wanted - sum(whole)", order="rest",
        start="open = left",
        update="more = min(1, open); train = whole + more; val = count - train; open = open - more",
        results=(Result("train", "train"), Result("val", "val"), Result("total_train", "sum(train)"),
            Result("total_val", "sum(val)")),
        worked=True,
        require=(("share >= 0", "the share must not be negative"), ("share <= 1", "the share must be at most 1")),
        require_each=(("count >= 0", "the count must not be negative"),
            ("floor(count) == count", "the count must be a whole number")),
        laws=(Law("each class is split without rest", "train + val == count"),
            Law("each class has its share, but for less than one sample", "abs(train - share*count) < 1"),
            Law("the parts are as large as those of all samples together", "total_train == wanted", "whole")),
        says=("the training part has the {share} of all samples, rounded down",
            "each class gives its share rounded down; the samples that are left come one each from the classes with "
            "the largest rests, of equal rests from the class that is listed first"),
        source="Balinski and Young, Fair representation, 1982: the method of largest remainders",
        aliases=("split",),
    ),
    Algorithm(
        "counting sums", "How many pairs give each sum", "sum", settings="smallest=0, largest=9, samples=1", index="s",
        span=("2*smallest", "2*largest"), each="low = max(smallest, s - largest); high = min(largest, s - smallest); "
        "count = high - low + 1; p = count/(largest - smallest + 1)^2; sample_pairs = count*samples^2",
        results=(Result("count", "count"), Result("total", "sum(count)"), Result("most", "max(count)")),
        require=(("floor(smallest) == smallest", "the numbers must be whole"),
            ("floor(largest) == largest", "the numbers must be whole"),
            ("smallest >= 0", "the smallest number must not be negative"),
            ("largest >= smallest", "the largest number must not be less than the smallest"),
            ("samples >= 0", "the number of samples must not be negative")),
        laws=(Law("the counts rise by 1 to the middle and fall by 1 after it",
            "count == largest - smallest + 1 - abs(s - smallest - largest)"),
            Law("all ordered pairs are counted", "total == (largest - smallest + 1)^2", "whole"),
            Law("the probabilities add up to 1", "sum(p) == 1", "whole")),
        says=("pairs ({a}, {b}) are ordered; {a} and {b} are whole numbers from the {smallest} to the {largest}, and "
            "{a + b} is {s}",
            "{a} runs from {low} to {high}, so that {b} is in its range too",
            "{p}: the probability where all pairs are equally likely; {samples}: how many there are of each number"),
        source="Grinstead and Snell, Introduction to probability, 1997, section 7.1",
        aliases=("count sums", "sums of pairs"),
    ),
    Algorithm(
        "remapping labels", "Labels remapped", "sample", data="label", settings="classes",
        each="quotient = floor(label/classes); remapped = label - classes*quotient",
        results=(Result("remapped", "remapped"),),
        require=(("classes >= 1", "there must be at least one class"),
            ("floor(classes) == classes", "the number of classes must be whole")),
        require_each=(("floor(label) == label", "the label must be a whole number"),),
        laws=(Law("labels stay as they are, or change by a multiple of the number of classes",
            "floor((label - remapped)/classes) == (label - remapped)/classes"),
            Law("no label is negative", "remapped >= 0"),
            Law("each label is the number of a class", "remapped < classes")),
        says=("a label becomes its remainder by the number of classes, so that labels begin at 0",),
        source="Knuth, The art of computer programming, volume 1, 1997, section 1.2.4",
        aliases=("remap labels", "label remapping"),
    ),
    Algorithm(
        "precision and recall", "Precision and recall", "class", data="tp; fp; fn", worked=True,
        each="precision = tp/(tp + fp); recall = tp/(tp + fn); F = 2*tp/(2*tp + fp + fn)",
        totals="all_tp = sum(tp); all_fp = sum(fp); all_fn = sum(fn)",
        results=(Result("precision", "precision"), Result("recall", "recall"), Result("F", "F"),
            Result("macro_precision", "mean(precision)"), Result("macro_recall", "mean(recall)"),
            Result("macro_F", "mean(F)"), Result("micro_precision", "all_tp/(all_tp + all_fp)"),
            Result("micro_recall", "all_tp/(all_tp + all_fn)")),
        require_each=(("tp >= 0", "tp must not be negative"), ("fp >= 0", "fp must not be negative"),
            ("fn >= 0", "fn must not be negative"),
            ("tp + fp > 0", "nothing is predicted to be of this class, so its precision 0/0 does not exist"),
            ("tp + fn > 0", "nothing is of this class, so its recall 0/0 does not exist")),
        laws=(Law("{F} is the harmonic mean of precision and recall", "F*(precision + recall) == 2*precision*recall"),
            Law("{F} lies between precision and recall", "(F - precision)*(F - recall) <= 0")),
        says=("{tp}, {fp}, {fn}: true positives, false positives and false negatives of a class",
            "{F}: the harmonic mean of precision and recall, F1",
            "macro: the mean of the classes; micro: of the counts of all classes together"),
        source="Manning, Raghavan and Schütze, Introduction to information retrieval, 2008, section 8.3",
        aliases=("precision recall", "f1"),
    ),
    Algorithm(
        "k-fold split", "A k-fold split", "fold", settings="samples, k", span=("1", "k"),
        start="to = 0",
        update="size = where(i <= samples - k*floor(samples/k), floor(samples/k) + 1, floor(samples/k)); "
        "from = to + 1; to = to + size; train = samples - size",
        results=(Result("sizes", "size"), Result("total", "sum(size)")), worked=True,
        require=(("floor(samples) == samples", "the number of samples must be whole"),
            ("floor(k) == k", "k must be whole"),
            ("k >= 2", "there must be at least two folds"),
            ("samples >= k", "there must be at least as many samples as folds")),
        laws=(Law("every sample is in one fold", "total == samples", "whole"),
            Law("the last fold ends with the last sample", "to == samples", given="i == last"),
            Law("no fold has more than one sample more than another", "max(size) - min(size) <= 1", "whole")),
        says=("samples are numbered from 1, and stay in their order",
            "where {k} does not divide their number, the first folds have one more"),
        source="scikit-learn, KFold",
        aliases=("cross validation", "kfold", "k fold split"),
    ),
)  # fmt: skip

BY_ALGORITHM_NAME: Mapping[str, Algorithm] = {name: row for row in ALGORITHMS for name in (row.name, *row.aliases)}
