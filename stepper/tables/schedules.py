"""Schedules of the learning rate, and what else may be done beside an optimizer: one row each."""

from __future__ import annotations

from stepper.tables.optimizer import Change

_PYTORCH = "PyTorch documentation, torch.optim"

SCHEDULES: tuple[Change, ...] = (
    Change("step", "step_size=10, gamma=0.1", "lr = lr*gamma^floor((t - 1)/step_size)",
        f"{_PYTORCH}.lr_scheduler.StepLR"),
    Change("exponential", "gamma=0.9", "lr = lr*gamma^(t - 1)", f"{_PYTORCH}.lr_scheduler.ExponentialLR"),
    Change("cosine", "T_max=10, eta_min=0", "lr = eta_min + (lr - eta_min)*(1 + cos(pi*(t - 1)/T_max))/2",
        f"{_PYTORCH}.lr_scheduler.CosineAnnealingLR; Loshchilov and Hutter, SGDR, 2017, equation 5"),
    Change("warmup", "warmup=5", "lr = lr*min(1, t/warmup)",
        "Goyal et al., Accurate, large minibatch SGD, 2017, section 2.2"),
    Change("inverse", "rate_decay=1", "lr = lr/(1 + rate_decay*(t - 1))",
        "Robbins and Monro, 1951: sums to infinity, squares do not"),
)  # fmt: skip

CHANGES: tuple[Change, ...] = (
    Change("clip_value", "limit=1", "g = min(max(g, -limit), limit)",
        "PyTorch documentation, torch.nn.utils.clip_grad_value_",
        require=(("limit > 0", "the limit is positive"),), says="gradients are cut at the limit"),
    Change("clip_norm", "max_norm=1", "g = where(size > max_norm, g*max_norm/size, g)",
        "Pascanu, Mikolov and Bengio, 2013, algorithm 1", over="size",
        of_all="norm(g)", require=(("max_norm > 0", "the limit is positive"),),
        says="where the norm of all gradients is over the limit, all are scaled down by the same factor"),
    Change("weight_decay", "decay=0.01", "g = g + decay*theta", downhill=True,
        source="Goodfellow, Bengio and Courville, Deep learning, 2016, section 7.1.1",
        says="coupled: decay/2*theta^2 is added to the loss, so decay*theta to the gradient"),
    Change("decoupled_decay", "decoupled=0.01", "theta = theta - lr*decoupled*theta",
        "Loshchilov and Hutter, 2019: decoupled weight decay",
        says="decoupled: the weight decays directly"),
    Change("uncorrected", "", "", "Kingma and Ba, 2015, section 6.4", uncorrects=True, says="no bias correction"),
)  # fmt: skip
