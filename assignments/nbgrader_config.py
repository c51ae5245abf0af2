"""nbgrader settings for the course's assignments; `grade.py` loads them and copies them beside the gradebook."""

c = get_config()  # noqa: F821 - traitlets puts get_config into this file's namespace

c.CourseDirectory.course_id = "emgtut"
c.ClearSolutions.code_stub = {
    "python": '# YOUR CODE HERE\nraise NotImplementedError("Replace this line with your solution.")'
}
c.ClearSolutions.text_stub = "YOUR ANSWER HERE"

# A student's endless loop costs one item, not the evening.
c.Execute.timeout = 60
# A test cell that was deleted comes back and scores zero, visibly.
c.OverwriteCells.add_missing_cells = True
