"""Optimizers: one row each, in the form of the library or the paper that the source names."""

from __future__ import annotations

from collections.abc import Mapping

from stepper.tables.optimizer import Optimizer

_PYTORCH = "PyTorch documentation, torch.optim"
_KERAS = "Keras 3, keras.optimizers"
_LR = ("lr > 0", "a learning rate is positive; a negative one goes uphill, which gradient_ascent does")
_ZERO = "with eps = 0 a gradient of 0 is divided by the root of 0"
_EPS = ("eps >= 0", "epsilon is not negative")


def _decay(name: str) -> tuple[str, str]:
    return (
        f"where({name} >= 0, 1 - {name}, 0) > 0",
        f"{name} lies from 0 up to 1, but is not 1: with 1 nothing new would ever count",
    )


_BETAS = (_decay("beta1"), _decay("beta2"))
_MOMENTS = "m = beta1*m + (1 - beta1)*g; v = beta2*v + (1 - beta2)*g^2"
_CORRECTED = "mhat = m/(1 - beta1^t); vhat = v/(1 - beta2^t)"
_KERAS_RATE = "alpha = lr*sqrt(1 - beta2^t)/(1 - beta1^t)"
_KERAS_EPS = (
    "the corrections are in the rate alpha, and epsilon beside the uncorrected sqrt(v): "
    "Adam's own form would need eps/sqrt(1 - beta2^t)"
)
_SCALE = "sqrt(1 - beta2^t)/(1 - beta1^t)"
_REMEMBERS = (
    "m is a running mean of the gradients, v of their squares; "
    "both begin at 0, which the division by 1 - beta^t makes up for"
)

OPTIMIZERS: tuple[Optimizer, ...] = (
    Optimizer(
        "sgd", "lr=0.01", "theta = theta - lr*g", f"{_PYTORCH}.SGD; Robbins and Monro, 1951", require=(_LR,),
        family="plain", aliases=("gd", "gradient_descent"),
    ),
    Optimizer("gradient_ascent", "lr=0.01", "theta = theta + lr*g", f"{_PYTORCH}.SGD, maximize", require=(_LR,),
        says="uphill", uphill=True),
    Optimizer(
        "asgd", "lr=0.01, lambda=0.0001, alpha=0.75, t0=1000000",
        "k = lr/(1 + lambda*lr*(t - 1))^alpha; theta = (1 - lambda*k)*theta - k*g; mu = 1/max(1, t - 1 - t0); "
        "a = a + mu*(theta - a)", f"{_PYTORCH}.ASGD; Polyak and Juditsky, 1992", state="a=0", require=(_LR,),
        says="theta is updated as usual; a, the mean of all theta from step t0 on, is the result",
        remembers="a is a running mean of the parameter",
    ),
    # ---- momentum
    Optimizer(
        "momentum", "lr=0.01, rho=0.9, dampening=0",
        "v = where(t == 1, g, rho*v + (1 - dampening)*g); theta = theta - lr*v",
        f"{_PYTORCH}.SGD, momentum", state="v=0", require=(_LR, _decay("rho")), family="momentum",
        says="PyTorch's form: v is a sum of gradients, the learning rate is outside; "
             "the first gradient is not dampened",
        remembers="v is a sum of all gradients so far, each multiplied by rho again with every step",
    ),
    Optimizer(
        "momentum_velocity", "lr=0.01, rho=0.9", "v = rho*v - lr*g; theta = theta + v",
        "Sutskever, Martens, Dahl and Hinton, 2013, equations 1 and 2; UiO IN5400", state="v=0",
        require=(_LR, _decay("rho")),
        family="momentum", says="v is a velocity: the learning rate is inside",
        remembers="v is the last step, rho times as long",
    ),
    Optimizer(
        "momentum_average", "lr=0.01, rho=0.9", "v = rho*v + (1 - rho)*g; theta = theta - lr*v",
        "Ng, Deep learning specialization, course 2, week 2", state="v=0", require=(_LR, _decay("rho")),
        family="momentum",
        says="v is a running mean of the gradients", remembers="v is a mean over about 1/(1 - rho) gradients",
    ),
    Optimizer(
        "nesterov", "lr=0.01, rho=0.9", "v = rho*v + g; theta = theta - lr*(g + rho*v)", f"{_PYTORCH}.SGD, nesterov",
        state="v=0", require=(_LR, _decay("rho")), family="nesterov",
        says="PyTorch's form: the gradient is taken where the parameter is",
        remembers="v is what is left of all gradients so far",
    ),
    Optimizer(
        "nesterov_lookahead", "lr=0.01, rho=0.9",
        "ahead = theta + rho*v; g = grad(ahead); v = rho*v - lr*g; theta = theta + v",
        "Sutskever et al., 2013, equations 3 and 4; UiO IN5400", state="v=0", require=(_LR, _decay("rho")),
        family="nesterov", says="the gradient is taken where the velocity would lead",
        remembers="v is the last step, rho times as long",
    ),
    # ---- a learning rate for each parameter
    Optimizer(
        "adagrad", "lr=0.01, lr_decay=0, eps=1e-10, initial=0",
        "s = s + g^2; theta = theta - lr/(1 + (t - 1)*lr_decay)*g/(sqrt(s) + eps)",
        f"{_PYTORCH}.Adagrad; Duchi, Hazan and Singer, 2011", state="s=initial", fails=_ZERO, require=(_LR, _EPS),
        family="adagrad", remembers="s is the sum of all squared gradients, so that steps become smaller and smaller",
    ),
    Optimizer(
        "adagrad_keras", "lr=0.001, eps=1e-7, initial=0.1", "s = s + g^2; theta = theta - lr*g/sqrt(s + eps)",
        f"{_KERAS}.Adagrad", state="s=initial", fails=_ZERO, require=(_LR, _EPS), family="adagrad",
        says="Keras' form: epsilon is inside the root, and s begins at 0.1",
        remembers="s is the sum of all squared gradients, so that steps become smaller and smaller",
    ),
    Optimizer(
        "rmsprop", "lr=0.01, alpha=0.99, eps=1e-8",
        "s = alpha*s + (1 - alpha)*g^2; theta = theta - lr*g/(sqrt(s) + eps)",
        f"{_PYTORCH}.RMSprop; Hinton, Neural networks for machine learning, lecture 6e", state="s=0",
        fails=_ZERO, require=(_LR, _EPS, _decay("alpha")), family="rmsprop", says="epsilon is outside the root",
        remembers="s is a running mean of the squared gradients",
    ),
    Optimizer(
        "rmsprop_inside", "lr=0.01, alpha=0.99, eps=1e-8",
        "s = alpha*s + (1 - alpha)*g^2; theta = theta - lr*g/sqrt(s + eps)",
        "TensorFlow documentation, tf.keras.optimizers.RMSprop", state="s=0", fails=_ZERO,
        require=(_LR, _EPS, _decay("alpha")), family="rmsprop",
        says="epsilon is inside the root", remembers="s is a running mean of the squared gradients",
    ),
    Optimizer(
        "rmsprop_centered", "lr=0.01, alpha=0.99, eps=1e-8",
        "s = alpha*s + (1 - alpha)*g^2; a = alpha*a + (1 - alpha)*g; theta = theta - lr*g/(sqrt(s - a^2) + eps)",
        f"{_PYTORCH}.RMSprop, centered; Graves, 2013", state="s=0, a=0", fails=_ZERO,
        require=(_LR, _EPS, _decay("alpha")), family="rmsprop",
        says="the squared mean is subtracted, which leaves the variance",
        remembers="s is a running mean of the squares, a of the gradients",
    ),
    Optimizer(
        "rmsprop_momentum", "lr=0.01, alpha=0.99, eps=1e-8, rho=0.9",
        "s = alpha*s + (1 - alpha)*g^2; b = rho*b + g/(sqrt(s) + eps); theta = theta - lr*b",
        f"{_PYTORCH}.RMSprop, momentum", state="s=0, b=0", fails=_ZERO,
        require=(_LR, _EPS, _decay("alpha"), _decay("rho")), family="rmsprop",
        says="momentum of the scaled gradients",
        remembers="s is a running mean of the squares, b what is left of the scaled gradients",
    ),
    Optimizer(
        "adadelta", "lr=1, rho=0.9, eps=1e-6",
        "s = rho*s + (1 - rho)*g^2; d = sqrt(u + eps)/sqrt(s + eps)*g; u = rho*u + (1 - rho)*d^2; theta = theta - lr*d",
        f"{_PYTORCH}.Adadelta; Zeiler, 2012", state="s=0, u=0",
        require=(_LR, ("eps > 0", "without epsilon the first step is 0/0")),
        remembers="s is a running mean of the squared gradients, u of the squared steps",
    ),
    # ---- Adam and what came of it
    Optimizer(
        "adam", "lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8",
        f"{_MOMENTS}; {_CORRECTED}; theta = theta - lr*mhat/(sqrt(vhat) + eps)",
        f"{_PYTORCH}.Adam; Kingma and Ba, 2015, algorithm 1", state="m=0, v=0", fails=_ZERO,
        require=(_LR, _EPS, *_BETAS), family="adam", remembers=_REMEMBERS, corrects=("mhat", "vhat"), scale=_SCALE,
    ),
    Optimizer(
        "adam_keras", "lr=0.001, beta1=0.9, beta2=0.999, eps=1e-7",
        f"{_MOMENTS}; {_KERAS_RATE}; theta = theta - alpha*m/(sqrt(v) + eps)",
        f"{_KERAS}.Adam; Kingma and Ba, 2015, before section 2.1", state="m=0, v=0", fails=_ZERO,
        require=(_LR, _EPS, *_BETAS), family="adam", says=f"Keras' form: {_KERAS_EPS}", remembers=_REMEMBERS,
    ),
    Optimizer(
        "adam_uncorrected", "lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8",
        f"{_MOMENTS}; theta = theta - lr*m/(sqrt(v) + eps)",
        "Kingma and Ba, 2015, section 6.4: Adam without its bias correction", state="m=0, v=0", fails=_ZERO,
        require=(_LR, _EPS, *_BETAS),
        family="adam", says="no bias correction: the first steps are (1 - beta1)/sqrt(1 - beta2) times those of Adam",
        remembers="m is a running mean of the gradients, v of their squares; "
                  "both begin at 0 and are too small at first",
    ),
    Optimizer(
        "adamw", "lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01",
        f"d = theta - lr*weight_decay*theta; {_MOMENTS}; {_CORRECTED}; theta = d - lr*mhat/(sqrt(vhat) + eps)",
        f"{_PYTORCH}.AdamW; Loshchilov and Hutter, 2019, algorithm 2", state="m=0, v=0", fails=_ZERO,
        require=(_LR, _EPS, *_BETAS), family="adam",
        says="the weight decays directly, not through the gradient", remembers=_REMEMBERS, corrects=("mhat", "vhat"),
        scale=_SCALE,
    ),
    Optimizer(
        "adamw_keras", "lr=0.001, beta1=0.9, beta2=0.999, eps=1e-7, weight_decay=0.004",
        f"d = theta - lr*weight_decay*theta; {_MOMENTS}; {_KERAS_RATE}; theta = d - alpha*m/(sqrt(v) + eps)",
        f"{_KERAS}.AdamW", state="m=0, v=0", fails=_ZERO, require=(_LR, _EPS, *_BETAS), family="adam",
        says=f"the weight decays directly; Keras' form: {_KERAS_EPS}", remembers=_REMEMBERS,
    ),
    Optimizer(
        "amsgrad", "lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8",
        f"{_MOMENTS}; u = max(u, v); mhat = m/(1 - beta1^t); uhat = u/(1 - beta2^t); "
        "theta = theta - lr*mhat/(sqrt(uhat) + eps)",
        f"{_PYTORCH}.Adam, amsgrad; Reddi, Kale and Kumar, 2018", state="m=0, v=0, u=0", fails=_ZERO,
        require=(_LR, _EPS, *_BETAS), family="adam",
        says="u is the largest v so far", remembers="as Adam, but the divisor never becomes smaller",
        corrects=("mhat", "uhat"), scale=_SCALE,
    ),
    Optimizer(
        "nadam", "lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8, psi=0.004",
        f"mu = beta1*(1 - 0.96^(t*psi)/2); mu2 = beta1*(1 - 0.96^((t + 1)*psi)/2); p = p*mu; {_MOMENTS}; "
        "vhat = v/(1 - beta2^t); "
        "mhat = mu2*m/(1 - p*mu2) + (1 - mu)*g/(1 - p); theta = theta - lr*mhat/(sqrt(vhat) + eps)",
        f"{_PYTORCH}.NAdam; Dozat, 2016", state="m=0, v=0, p=1", fails=_ZERO, require=(_LR, _EPS, *_BETAS),
        family="nadam", says="psi is PyTorch's momentum_decay",
        remembers="as Adam, with the step of Nesterov; p is the product of all mu so far",
    ),
    Optimizer(
        "nadam_keras", "lr=0.001, beta1=0.9, beta2=0.999, eps=1e-7",
        f"mu = beta1*(1 - 0.96^t/2); mu2 = beta1*(1 - 0.96^(t + 1)/2); p = p*mu; {_MOMENTS}; vhat = v/(1 - beta2^t); "
        "mhat = mu2*m/(1 - p*mu2) + (1 - mu)*g/(1 - p); theta = theta - lr*mhat/(sqrt(vhat) + eps)",
        f"{_KERAS}.Nadam", state="m=0, v=0, p=1", fails=_ZERO, require=(_LR, _EPS, *_BETAS), family="nadam",
        says="Keras' form: the powers of 0.96 are t, as with psi = 1; epsilon is where PyTorch has it",
        remembers="as Adam, with the step of Nesterov; p is the product of all mu so far",
    ),
    Optimizer(
        "radam", "lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8",
        f"{_MOMENTS}; mhat = m/(1 - beta1^t); n = 2/(1 - beta2) - 1; r = n - 2*t*beta2^t/(1 - beta2^t); "
        "q = where(r > 5, sqrt((r - 4)*(r - 2)*n/((n - 4)*(n - 2)*r))*sqrt(1 - beta2^t)/(sqrt(v) + eps), 1); "
        "theta = theta - lr*mhat*q",
        f"{_PYTORCH}.RAdam; Liu et al., 2020, algorithm 2", state="m=0, v=0", fails=_ZERO, require=(_LR, _EPS, *_BETAS),
        says="v is used once its variance is known (r > 5)", remembers=_REMEMBERS,
    ),
    Optimizer(
        "adamax", "lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8",
        "m = beta1*m + (1 - beta1)*g; u = max(beta2*u, abs(g) + eps); mhat = m/(1 - beta1^t); "
        "theta = theta - lr*mhat/u",
        f"{_PYTORCH}.Adamax; Kingma and Ba, 2015, algorithm 2", state="m=0, u=0", require=(_LR, _EPS, *_BETAS),
        corrects=("mhat",), scale="1/(1 - beta1^t)", family="adamax",
        says="PyTorch's form: epsilon is added to each gradient, before the larger is taken",
        remembers="m is a running mean of the gradients, u a decaying maximum of their sizes",
    ),
    Optimizer(
        "adamax_keras", "lr=0.001, beta1=0.9, beta2=0.999, eps=1e-7",
        "m = beta1*m + (1 - beta1)*g; u = max(beta2*u, abs(g)); mhat = m/(1 - beta1^t); "
        "theta = theta - lr*mhat/(u + eps)",
        f"{_KERAS}.Adamax", state="m=0, u=0", fails=_ZERO, require=(_LR, _EPS, *_BETAS), corrects=("mhat",),
        scale="1/(1 - beta1^t)", family="adamax", says="Keras' form: epsilon is added to u, after the larger is taken",
        remembers="m is a running mean of the gradients, u a decaying maximum of their sizes",
    ),
    # ---- signs
    Optimizer(
        "lion", "lr=0.0001, beta1=0.9, beta2=0.99, weight_decay=0",
        "c = beta1*m + (1 - beta1)*g; theta = theta - lr*(sign(c) + weight_decay*theta); m = beta2*m + (1 - beta2)*g",
        "Chen et al., Symbolic discovery of optimization algorithms, 2023, algorithm 2", state="m=0",
        require=(_LR, *_BETAS), remembers="m is a running mean of the gradients; the step reads its sign only",
    ),
    Optimizer("sign_sgd", "lr=0.01", "theta = theta - lr*sign(g)", "Bernstein et al., signSGD, 2018", require=(_LR,)),
    Optimizer(
        "fgsm", "eps=0.1", "theta = theta + eps*sign(g)", "Goodfellow, Shlens and Szegedy, 2015, section 4",
        require=(("eps > 0", "epsilon is the length of the step"),), says="uphill, the same way along every coordinate",
        uphill=True,
    ),
    Optimizer(
        "rprop", "lr=0.01, up=1.2, down=0.5, least=1e-6, most=50",
        "k = where(t == 1, lr, k); k = min(max(k*where(g*p > 0, up, where(g*p < 0, down, 1)), least), most); "
        "c = where(g*p < 0, 0, g); "
        "theta = theta - k*sign(c); p = c",
        f"{_PYTORCH}.Rprop; Riedmiller and Braun, 1993", state="k=0, p=0", require=(_LR,),
        says="k is the length of the step: longer while the sign stays, shorter where it turns",
        remembers="p is the previous gradient",
    ),
    # ---- second derivatives
    Optimizer(
        "newton", "lr=1", "theta = theta - lr*s", "Nocedal and Wright, Numerical optimization, 2006, section 2.2",
        system="h", require=(_LR,), family="newton",
        fails="where the determinant of the second derivatives is 0, Newton's step does not exist",
        says="s solves the linear equations H s = g with the matrix H of all second derivatives h; "
        "with lr = 1 the stationary point of a quadratic is met in one step",
    ),
    Optimizer(
        "newton_diagonal", "lr=1", "theta = theta - lr*g/h", "Becker and LeCun, 1988: the diagonal of the Hessian",
        second=True, require=(_LR,), family="newton", fails="where the second derivative is 0 no step exists",
        says="h is each parameter's own second derivative, mixed ones are left out",
    ),
    Optimizer(
        "gauss_newton", "lr=1", "theta = theta - lr*s",
        "Nocedal and Wright, Numerical optimization, 2006, section 10.3", system="k",
        require=(_LR,), family="newton",
        fails="where the slopes of the residuals depend on each other the determinant is 0",
        says="the objective is a sum of squares c r^2; k is the sum of 2 c r' r', "
             "the residuals' own second derivatives are left out",
    ),
    Optimizer(
        "levenberg_marquardt", "lr=1, damping=0.01", "theta = theta - lr*s",
        "Nocedal and Wright, Numerical optimization, 2006, section 10.3",
        system="where(row == column, k + damping, k)", require=(_LR, ("damping >= 0", "the damping is not negative")),
        says="as gauss_newton, with the damping added along the diagonal: "
             "steps become shorter and turn towards the gradient",
    ),
)  # fmt: skip

NOT_WORKED: Mapping[str, str] = {
    "lbfgs": "its direction comes from the last steps of all parameters together, "
    "and its length from a search along it",
    "adafactor": "it scales by sums over the rows and columns of a matrix",
    "muon": "it makes the update of a matrix orthogonal",
    "shampoo": "it reads roots of matrices",
}
"""Optimizers that no list of assignments for each element can say, and why."""

BY_OPTIMIZER_NAME: Mapping[str, Optimizer] = {name: row for row in OPTIMIZERS for name in (row.name, *row.aliases)}
"""Every optimizer by each of its names."""
