"""Modules of PyTorch that are made of others, as source that is followed like a user's."""

from __future__ import annotations

from collections.abc import Mapping

_SOURCE = """
class TransformerEncoder(nn.Module):
    def __init__(self, encoder_layer, num_layers, norm=None, enable_nested_tensor=True, mask_check=True):
        super().__init__()
        self.layers = nn.ModuleList([copy.deepcopy(encoder_layer) for _ in range(num_layers)])
        self.norm = norm

    def forward(self, src, mask=None, src_key_padding_mask=None, is_causal=None):
        output = src
        for layer in self.layers:
            output = layer(output)
        if self.norm is not None:
            output = self.norm(output)
        return output


class TransformerDecoder(nn.Module):
    def __init__(self, decoder_layer, num_layers, norm=None):
        super().__init__()
        self.layers = nn.ModuleList([copy.deepcopy(decoder_layer) for _ in range(num_layers)])
        self.norm = norm

    def forward(self, tgt, memory, *args, **kwargs):
        output = tgt
        for layer in self.layers:
            output = layer(output, memory)
        if self.norm is not None:
            output = self.norm(output)
        return output


class Transformer(nn.Module):
    def __init__(self, d_model=512, nhead=8, num_encoder_layers=6, num_decoder_layers=6, dim_feedforward=2048,
                 dropout=0.1, activation="relu", custom_encoder=None, custom_decoder=None, layer_norm_eps=1e-5,
                 batch_first=False, norm_first=False, bias=True, device=None, dtype=None):
        super().__init__()
        told = dict(dim_feedforward=dim_feedforward, dropout=dropout, batch_first=batch_first, norm_first=norm_first)
        self.encoder = custom_encoder or TransformerEncoder(
            nn.TransformerEncoderLayer(d_model, nhead, **told), num_encoder_layers, nn.LayerNorm(d_model))
        self.decoder = custom_decoder or TransformerDecoder(
            nn.TransformerDecoderLayer(d_model, nhead, **told), num_decoder_layers, nn.LayerNorm(d_model))

    def forward(self, src, tgt, *args, **kwargs):
        return self.decoder(tgt, self.encoder(src))

    @staticmethod
    def generate_square_subsequent_mask(size, **kwargs):
        return torch.zeros(size, size)
"""
COMPOSITES: Mapping[str, str] = dict.fromkeys(
    ("TransformerEncoder", "TransformerDecoder", "Transformer"),
    "import copy\nimport torch\nimport torch.nn as nn\n" + _SOURCE,
)
