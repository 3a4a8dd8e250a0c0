r"""Networks and the one training loop (needs torch).

Every network here is R networks in one: parameters and outputs carry a leading *replica* axis,
and one batched matrix product serves all. Replicas share data but nothing else, so the gradient
of their summed loss is each one's own gradient. Replica r is made from ``seeds[r]`` alone: it is
the same network in a batch of fifty as by itself.
"""

from ._attention import SelfAttention, TransformerBlock
from ._contrastive import TwoViews, info_nce, shifted_views
from ._feed_forward import FeedForward, hidden_kernel
from ._images import RowTransformer, convolutional_network
from ._language_model import LanguageModel, next_token_error
from ._linear_layer import LinearLayer
from ._modules import Modules
from ._recurrent import Recurrent
from ._replicated import Replicated
from ._sequences import (
    CausalTransformer,
    Gated,
    LeakyRecurrent,
    RunningMean,
    SequenceClassifier,
    binary_cross_entropy,
)
from ._training import Training, cosine, cross_entropy, squared_error, train, train_on_stream

__all__ = [
    "CausalTransformer",
    "FeedForward",
    "Gated",
    "LanguageModel",
    "LeakyRecurrent",
    "LinearLayer",
    "Modules",
    "Recurrent",
    "Replicated",
    "RowTransformer",
    "RunningMean",
    "SelfAttention",
    "SequenceClassifier",
    "Training",
    "TransformerBlock",
    "TwoViews",
    "binary_cross_entropy",
    "convolutional_network",
    "cosine",
    "cross_entropy",
    "hidden_kernel",
    "info_nce",
    "next_token_error",
    "shifted_views",
    "squared_error",
    "train",
    "train_on_stream",
]
