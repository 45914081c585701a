"""What must hold of training, on texts of our own: `python -m unittest train.tests`, from the directory `models`."""

import random
import unittest
from pathlib import Path

import torch

import base
import stored
from normalise import find
from reference import Reference
from texts import TEXTS
from train import sources
from train.examples import Draws, batch, joined, load_tokenizer, PREFIX
from train.heads import exit_map
from train.near import Near
from train.network import EXITS, LAYERS, Network
from train.prepare import row_of
from train.sources import Source

HERE = Path(__file__).resolve().parent.parent
MODEL = HERE / "default"


def targeted(text: str, name: str, sentiment: int) -> dict:
    targets = [{"spans": find(text, name), "sentiment": sentiment}]
    return {"text": text, "lang": "en", "source": "ours", "weight": 1.0, "sentiment": sentiment, "targets": targets}


ROWS = [
    targeted("The new Aeris cooker burnt my rice again", "Aeris", 0),
    targeted("Café Belmont über alles, what a breakfast", "Café Belmont", 2),
    {"text": "no idea when the shop opens", "lang": "en", "source": "ours", "weight": 1.0, "sentiment": 1},
    {"text": "Prodavnica je bila zatvorena, šteta", "lang": "sr", "source": "ours", "weight": 1.0, "sentiment": 0},
]
OURS = [Source(name="ours", verdict="train", passes=8)]


class Rows(unittest.TestCase):
    def test_copies_of_held_posts_do_not_train(self):
        held = Near(["The tram to the harbour stood still for an hour again this morning", "ok"])
        self.assertEqual(held.holds("@friend THE TRAM to the harbour stood still for an hour again, this morning!! http://x.y"), "equal")
        self.assertEqual(held.holds("The tram to the harbour stood still for an hour again this evening"), "near")
        self.assertIsNone(held.holds("The bus to the market was on time for once"))
        self.assertEqual(held.holds("OK!"), "equal")
        self.assertIsNone(held.holds("okay"))

    def test_a_set_that_may_not_train_is_no_source(self):
        with self.assertRaisesRegex(ValueError, "airline.*verdict.*measure only"):
            Source(name="airline", verdict="measure only", passes=1)
        self.assertTrue(all(source.verdict == "train" for source in sources.load(unclear=False)))
        self.assertGreater(len(sources.load()), len(sources.load(unclear=False)))

    def test_a_row_says_only_what_its_label_says(self):
        two = Source(name="reviews", verdict="train", passes=1, polarity=True)
        row = {"text": "Fine soup &amp; bread @cook", "lang": "en", "label": "positive"}
        made = row_of(two, row)
        self.assertEqual((made["text"], made["sentiment"], made["polarity"]), ("Fine soup & bread @user", 2, True))
        self.assertIsNone(row_of(two, row | {"label": "neutral"}))
        self.assertIsNone(row_of(Source(name="x", verdict="train", passes=1, skip_langs=["en"]), row))
        spam = Source(name="y", verdict="train", passes=1, head="spam", yes=["spam"], no=["ham"])
        self.assertEqual(row_of(spam, row | {"label": "spam"})["spam"], 1)
        self.assertIsNone(row_of(spam, row))

    def test_two_joined_posts_keep_their_targets(self):
        both = joined(ROWS[0], ROWS[1], random.Random(3))
        named = ["".join(both["text"].encode()[a:b].decode() for a, b in target["spans"]) for target in both["targets"]]
        self.assertEqual(named, ["Aeris", "Café Belmont"])
        self.assertEqual([target["sentiment"] for target in both["targets"]], [0, 2])
        self.assertNotIn("sentiment", both)


class Batches(unittest.TestCase):
    def setUp(self):
        self.tokenizer = load_tokenizer(MODEL / "tokenizer.json")

    def test_a_seed_fixes_every_batch(self):
        made = lambda seed: [b.ids.tolist() for b in Draws(ROWS, OURS, None, seed).chunk(0, self.tokenizer, 256)]
        self.assertEqual(made(1), made(1))
        self.assertNotEqual(made(1), made(2))

    def test_the_tokens_of_a_target_are_those_of_its_name(self):
        made = batch(ROWS, self.tokenizer.encode_batch([PREFIX + row["text"] for row in ROWS]), {"ours": 0})
        self.assertEqual(made.owners.tolist(), [0, 1])
        decoded = [self.tokenizer.decode(made.ids[owner][spans > 0].tolist()) for owner, spans in zip(made.owners, made.spans)]
        self.assertEqual(decoded, ["Aeris", "Café Belmont"])


class Networks(unittest.TestCase):
    def test_the_network_that_trains_says_what_the_reference_says(self):
        """Training and serving read a text the same way, at each depth that the model has heads for."""
        reference, tensors = Reference(MODEL), stored.tensors(MODEL)
        network = Network(tensors[base.WORDS], len(tensors["embeddings.position_embeddings.weight"]))
        missing = network.load(tensors)
        self.assertFalse([name for name in missing if ".i." not in name and not name.startswith("exit")])
        rows = [{"text": text, "targets": [find(text, name) for name in names]} for text, names in TEXTS[:12]]
        expected = reference.score(rows)
        trained = [row | {"source": "ours", "weight": 1.0, "targets": [{"spans": s, "sentiment": 0} for s in row["targets"] if s]} for row in rows]
        made = batch(trained, load_tokenizer(MODEL / "tokenizer.json").encode_batch([PREFIX + row["text"] for row in rows]), {"ours": 0})
        with torch.inference_mode():
            said = network(made)
        for depth, pick in [(LAYERS, lambda output: output)] + [(e, lambda output, e=e: output.exits.get(e)) for e in EXITS]:
            toward = 0
            for at, output in enumerate(map(pick, expected)):
                if output is None:
                    continue
                torch.testing.assert_close(said[depth]["text"][at], output.text_logits, atol=1e-3, rtol=1e-3)
                for row_target, logits in zip(rows[at]["targets"], output.target_logits):
                    if row_target:
                        torch.testing.assert_close(said[depth]["toward"][toward], logits, atol=1e-3, rtol=1e-3)
                        toward += 1

    def test_an_exit_comes_near_what_full_depth_says_and_is_as_sure_of_it(self):
        """Half of what is wanted hangs on what the exit does not know: least squares alone would leave that out, and posts would look alike."""
        torch.manual_seed(1)
        known, unknown = torch.randn(4000, 12), torch.randn(4000, 12)
        unit = torch.nn.functional.normalize
        wanted = unit(known + 0.7 * unknown)
        weight, bias = exit_map(3 * known + 1, wanted)
        said = (3 * known + 1) @ weight.T + bias
        self.assertGreater(torch.nn.functional.cosine_similarity(said, wanted).mean(), 0.75)
        torch.testing.assert_close(said.var(0), wanted.var(0), atol=0.01, rtol=0)
        alike = lambda vectors: (unit(vectors[:500]) @ unit(vectors[500:1000]).T).std()
        torch.testing.assert_close(alike(said), alike(wanted), atol=0.02, rtol=0)

    def test_stored_weights_come_back(self):
        network = Network(torch.zeros(10, 384), 512)
        for parameter in network.parameters():
            torch.nn.init.normal_(parameter)
        again = Network(torch.zeros(10, 384), 512)
        self.assertEqual(again.load(network.stored()), [])
        self.assertTrue(all(torch.equal(a, b) for a, b in zip(network.parameters(), again.parameters())))


if __name__ == "__main__":
    unittest.main()
