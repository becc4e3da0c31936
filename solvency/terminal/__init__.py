"""What the command line prints: tables on stdout, remarks on stderr, in Chinese or English."""

from solvency.terminal.comparison import print_comparison as print_comparison
from solvency.terminal.explanation import factor_lines as factor_lines
from solvency.terminal.explanation import print_explanation as print_explanation
from solvency.terminal.liquidity import print_liquidity as print_liquidity
from solvency.terminal.result import print_distances as print_distances
from solvency.terminal.result import print_many as print_many
from solvency.terminal.result import print_measures as print_measures
from solvency.terminal.result import print_result as print_result
from solvency.terminal.result import print_status as print_status
from solvency.terminal.sarmra import print_scores as print_scores
from solvency.terminal.stress import print_reverse as print_reverse
from solvency.terminal.stress import print_stress as print_stress
from solvency.terminal.text import amount as amount
from solvency.terminal.text import answer as answer
from solvency.terminal.text import busy as busy
from solvency.terminal.text import console as console
from solvency.terminal.text import figure as figure
from solvency.terminal.text import prepare_streams as prepare_streams
from solvency.terminal.text import ratio as ratio
from solvency.terminal.text import rounded as rounded
from solvency.terminal.text import say as say
from solvency.terminal.text import short_document as short_document
from solvency.terminal.text import table as table
from solvency.terminal.text import tell_problems as tell_problems
from solvency.terminal.text import tell_rejects as tell_rejects
