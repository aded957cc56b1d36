namespace Pentode.Uring;

/// <summary>Work put off to the end of a loop turn, such as sending all replies gathered in it with one call.</summary>
public interface ITurnEnd
{
    /// <summary>
    /// Runs on the loop thread after all completions of the turn were dispatched and before the loop waits, once however often it was
    /// added. Adding it again from here means the next turn, which then does not wait.
    /// </summary>
    void OnTurnEnd();
}
