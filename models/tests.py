"""What must hold of topics and signals, without data or a model: `python -m unittest tests`, from this directory."""

import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from embeddings import fold, whitening
from signals import wilson
from taxonomy import slug, topics
from thresholds import write
from topics import SETS, average_precision, judge

HERE = Path(__file__).resolve().parent


class Whitening(unittest.TestCase):
    def test_wide_directions_shrink_and_average_ones_stay(self):
        torch.manual_seed(1)
        wide = torch.ones(8)
        wide[0] = 30.0
        spread = torch.randn(4000, 8) * wide
        white = spread @ whitening(spread)
        before, after = spread.var(dim=0), white.var(dim=0)
        self.assertGreater(before[0] / before[1], 500)
        self.assertLess(after[0] / after[1], 150)
        alike = torch.randn(4000, 8)
        torch.testing.assert_close(whitening(alike), torch.eye(8), atol=0.05, rtol=0)

    def test_all_embedding_heads_take_the_map_and_nothing_else_does(self):
        torch.manual_seed(2)
        names = ["head.embed", "exit6.embed", "head.s"]
        tensors = {f"{name}.weight": torch.randn(4, 4) for name in names} | {f"{name}.bias": torch.randn(4) for name in names}
        mean, turn, vector = torch.randn(4), torch.randn(4, 4), torch.randn(4)
        with tempfile.TemporaryDirectory() as folder:
            save_file(tensors, Path(folder) / "encoder.safetensors")
            fold(Path(folder), mean, turn)
            folded = load_file(Path(folder) / "encoder.safetensors")
        for name in names[:2]:
            plain = tensors[f"{name}.weight"] @ vector + tensors[f"{name}.bias"]
            said = folded[f"{name}.weight"] @ vector + folded[f"{name}.bias"]
            torch.testing.assert_close(said, turn @ (plain - mean), atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(folded["head.s.weight"], tensors["head.s.weight"])


class Topics(unittest.TestCase):
    def test_labels_become_ids(self):
        self.assertEqual([slug(label) for label in ["diaries_&_daily_life", "Song/Artist", "iPhone"]],
                         ["diaries-and-daily-life", "song-artist", "iphone"])  # fmt: skip

    def test_every_taxonomy_can_be_read_and_has_examples(self):
        for name in SETS:
            found = topics(HERE / "topics" / f"{name}.toml")
            self.assertEqual(len({topic["id"] for topic in found}), len(found), name)
            self.assertTrue(all(len(topic["examples"]) >= 3 for topic in found), name)

    def test_thresholds_are_put_where_some_stand(self):
        before = '# head\n[[topic]]\nid = "a"\nthreshold = 0.5  # mine\nexamples = ["x"]\n\n[[topic]]\nid = "b"\nexamples = []\n'
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "watchlist.toml"
            file.write_text(before)
            write(file, {"a": 0.17, "b": 0.2})
            self.assertEqual(file.read_text(), before.replace("0.5 ", "0.17 "))

    def test_a_ranking_is_judged_as_by_hand(self):
        self.assertAlmostEqual(average_precision(np.array([0.9, 0.8, 0.1]), np.array([True, False, True])), (1 + 2 / 3) / 2)
        truth = np.array([[True, False]] * 5 + [[False, True]] * 5)
        similarities = np.where(truth, 1.0, 0.0)
        self.assertEqual(judge(similarities, truth), (1.0, 1.0, 1.0))
        similarities[0] = [0.0, 1.0]
        f1, nearest, _ = judge(similarities, truth)
        self.assertAlmostEqual(f1, (2 * 4 / 9 + 2 * 5 / 11) / 2)
        self.assertAlmostEqual(nearest, 0.9)


class Signals(unittest.TestCase):
    def test_the_interval_is_wilsons(self):
        low, high = wilson(0, 10)
        self.assertEqual((low, round(high, 4)), (0.0, 0.2775))
        low, high = wilson(5, 79)
        self.assertTrue(0.027 < low < 5 / 79 < high < 0.141, (low, high))


if __name__ == "__main__":
    unittest.main()
