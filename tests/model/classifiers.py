"""What PyTorch says of small random classifiers: tests/model/classifiers/golden.jsonl, and their tokenizers beside it.

    python tests/model/classifiers.py          (torch and transformers: models/train/requirements.txt)

The Rust test writes the same models by the same formula (`classifiers.rs`), so that no weights are kept. The texts are our own.
"""

import json
import math
from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = Path(__file__).parent / "classifiers"
ROOT = Path(__file__).parents[2]
TEXTS = [
    "The new kettle is so quiet, best thing I bought this year!",
    "@user still waiting for my bag after three days, nobody picks up the phone 😡",
    "Llevo dos semanas esperando el reembolso y nadie contesta",
    "Нова апликација ради савршено",
    "ok",
    "",
    "a [SEP] typed by hand, and <mask> too",
    "the queue was long " * 20,
]
SIZES = {"hidden": 128, "layers": 2, "wide": 256, "positions": 64}
LABELS = {"bert": ["LABEL_0", "LABEL_1", "LABEL_2"], "distilbert": ["NEGATIVE", "POSITIVE"]}
PLAIN = ["negative", "neutral", "positive"]


def weights(name, shape):
    """A tensor by a formula of its name: FNV-1a seeds a sequence that Rust makes as well. Norms lie around 1."""
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = ((state ^ byte) * 0x100000001B3) % 2**64
    values = []
    for _ in range(math.prod(shape)):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        values.append(((state >> 40) / 2**24 - 0.5) * 0.3)
    tensor = torch.tensor(values, dtype=torch.float32).reshape(shape)
    is_norm = "norm" in name.lower() and name.endswith("weight")
    return tensor + 1.0 if is_norm else tensor


def wordpiece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(TEXTS, trainers.WordPieceTrainer(vocab_size=300, special_tokens=special))
    around = [(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", special_tokens=around
    )
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def byte_pairs():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        TEXTS, trainers.BpeTrainer(vocab_size=400, special_tokens=special, initial_alphabet=alphabet)
    )
    around = [(token, tokenizer.token_to_id(token)) for token in ("</s>", "<s>")]
    tokenizer.post_processor = processors.RobertaProcessing(*around, trim_offsets=True, add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def unigram():
    """The shipped vocabulary, as `classifiers.rs` cuts it."""
    whole = json.loads((ROOT / "models/default/tokenizer.json").read_text())
    whole["model"]["vocab"] = whole["model"]["vocab"][:2000]
    whole["added_tokens"] = [token for token in whole["added_tokens"] if token["id"] < 2000]
    whole["padding"] = whole["truncation"] = None
    for kind in ("single", "pair"):
        assert kind in whole["post_processor"], whole["post_processor"]
    return Tokenizer.from_str(json.dumps(whole))


def config(kind, vocabulary):
    labels = LABELS.get(kind, PLAIN)
    shared = {"id2label": dict(enumerate(labels)), "label2id": {label: at for at, label in enumerate(labels)}}
    if kind == "distilbert":
        return transformers.DistilBertConfig(
            vocab_size=vocabulary, dim=SIZES["hidden"], n_layers=SIZES["layers"], n_heads=2,
            hidden_dim=SIZES["wide"], max_position_embeddings=SIZES["positions"], **shared,
        )
    sizes = {
        "vocab_size": vocabulary, "hidden_size": SIZES["hidden"], "num_hidden_layers": SIZES["layers"],
        "num_attention_heads": 4 if kind == "bert" else 2, "intermediate_size": SIZES["wide"],
        "max_position_embeddings": SIZES["positions"] + (0 if kind == "bert" else 2), **shared,
    }
    if kind == "bert":
        return transformers.BertConfig(**sizes)
    family = transformers.RobertaConfig if kind == "roberta" else transformers.XLMRobertaConfig
    return family(type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1, bos_token_id=0, eos_token_id=2, **sizes)


def main():
    HERE.mkdir(exist_ok=True)
    rows = []
    # Trained anew, it would differ: the trainer breaks ties by chance.
    bert = wordpiece()
    kinds = (("bert", bert), ("distilbert", bert), ("roberta", byte_pairs()), ("xlm-roberta", unigram()))
    for kind, tokenizer in kinds:
        if kind in ("bert", "roberta"):
            (HERE / f"{kind}.tokenizer.json").write_text(tokenizer.to_str() + "\n")
        made = config(kind, tokenizer.get_vocab_size())
        model = transformers.AutoModelForSequenceClassification.from_config(made).eval()
        state = {name: weights(name, list(tensor.shape)) for name, tensor in model.state_dict().items()
                 if tensor.dtype == torch.float32}
        model.load_state_dict(state, strict=False)
        (HERE / f"{kind}.config.json").write_text(json.dumps(dict(made.to_diff_dict(), architectures=[type(model).__name__],
                                                                  **explicit(made)), indent=2) + "\n")
        shapes = {name: list(tensor.shape) for name, tensor in state.items()}
        rows.append({"kind": kind, "shapes": shapes})
        tokenizer.encode_special_tokens = True
        begin, end = tokenizer.encode("").ids
        for text in TEXTS:
            ids = [begin, *tokenizer.encode(text, add_special_tokens=False).ids[: SIZES["positions"] - 2], end]
            with torch.no_grad():
                logits = model(input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids))).logits[0]
            rows.append({"kind": kind, "text": text, "ids": ids, "probabilities": torch.softmax(logits, -1).tolist()})
    (HERE / "golden.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def explicit(made):
    """What a hub's config.json holds though it is the default."""
    names = ["hidden_act", "activation", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "dim",
             "n_layers", "n_heads", "hidden_dim", "vocab_size", "max_position_embeddings", "layer_norm_eps", "pad_token_id",
             "type_vocab_size", "id2label"]
    own = made.to_dict()
    return {name: own[name] for name in names if name in own}


if __name__ == "__main__":
    main()
