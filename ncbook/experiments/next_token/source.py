"""The language: a grammar whose next-word probabilities are known, and sentences drawn from it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ncbook import data

_MOST = 8  # followers of a pair, of which the first ones are taken: fewer followers are a part of more


@dataclass(frozen=True)
class Source:
    """A language of K words in C word classes: word w is of class w mod C, and the popularity of w falls as 1/(w+1).

    The classes of the last two words, and nothing else, decide what may follow: `followers` [C^2, m] are words, and
    `chances` [C^2, m] their probabilities, of the pair of classes c1 C + c2. `kinds` [C^2] numbers the pairs so that
    those with the same probabilities of the next word have the same number. `openings` [K] are the probabilities of the
    words with which a sentence begins.
    """

    classes: int
    openings: Tensor
    followers: Tensor
    chances: Tensor
    kinds: Tensor

    def pair(self, windows: Tensor) -> Tensor:
        """Windows [N, T] -> the pair of word classes [N] at their end."""
        last = windows[:, -2:] % self.classes
        return last[:, 0] * self.classes + last[:, 1]

    def entropies(self) -> Tensor:
        """[C^2], in nats, of the next word after each pair of classes."""
        return torch.special.entr(self.chances).sum(1)

    def entropies_of(self, windows: Tensor) -> Tensor:
        """[N], in nats: the lowest loss that can be expected at each of windows [N, T]."""
        return self.entropies().to(windows.device)[self.pair(windows)]

    def kinds_of(self, windows: Tensor) -> Tensor:
        """The kind [N] of each of windows [N, T]."""
        return self.kinds.to(windows.device)[self.pair(windows)]

    def sentences(self, count: int, opening: int, length: int, chance: torch.Generator) -> Tensor:
        """[count, opening + length]: so many words drawn by popularity, then so many by the grammar."""
        words = torch.multinomial(self.openings, count * opening, True, generator=chance).reshape(count, opening)
        for _ in range(length):
            pairs = self.pair(words)
            which = torch.multinomial(self.chances[pairs], 1, generator=chance)
            words = torch.cat([words, self.followers[pairs].gather(1, which)], 1)
        return words

    def windows(self, count: int, context: int, length: int, chance: torch.Generator) -> data.Split:
        """`count` windows [count, context] of new sentences, and the word after each, as the grammar has it."""
        sentences = self.sentences(-(-count // length), context, length, chance)
        cut = sentences.unfold(1, context + 1, 1).flatten(0, 1)[:count]
        return data.Split(cut[:, :-1].contiguous(), cut[:, -1].contiguous())


@dataclass(frozen=True)
class Text:
    """A language and what is drawn from it: windows to train on, those of them that are measured, and new ones.

    each_word has as many new windows of each word that is frequent enough.
    """

    language: Source
    train: data.Split
    seen: data.Split
    new: data.Split
    each_word: data.Split


def draw(words: int, classes: int, followers: int, open_share: float, seed: int) -> Source:
    """A language: after a share of the pairs of classes `followers` words may follow, after the others one alone.

    Of m followers the i-th has a probability in proportion to 1/i; m is 8 at most. As many pairs as there are words
    have each another word as their first follower; all other followers are drawn by popularity. One seed draws the
    same pairs and followers for every m, as many of them as it says.
    """
    chance = torch.Generator().manual_seed(seed)
    popularity = 1 / torch.arange(1, words + 1, dtype=torch.float64)
    pairs = classes**2
    ranking = torch.multinomial(popularity.expand(pairs, -1), min(_MOST, words), generator=chance)
    table = ranking[:, :followers].clone()
    order = torch.randperm(pairs, generator=chance)
    table[order[:words], 0] = torch.randperm(words, generator=chance)[:pairs]
    ranks = 1 / torch.arange(1, followers + 1, dtype=torch.float64)
    is_open = torch.zeros(pairs, dtype=torch.bool)
    is_open[torch.randperm(pairs, generator=chance)[: round(open_share * pairs)]] = True
    alone = torch.eye(1, followers, dtype=torch.float64)[0]
    chances = torch.where(is_open[:, None], ranks / ranks.sum(), alone)
    told = torch.where(chances > 0, table, -1)
    kinds = told.unique(dim=0, return_inverse=True)[1]
    return Source(classes, popularity / popularity.sum(), table, chances, kinds)
