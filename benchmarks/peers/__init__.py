"""The same mathematics, each time as the users of a library write it. One module per library.

``trainer(task)`` returns two functions: ``train(epochs, rng=None)`` goes on training, its batches
in order or shuffled by `rng`, and ``theta()`` returns all parameters in the order of
`Network.theta`. ``gradient(task)``, where it is measured, returns functions that compute the
gradient once, by name.
"""
