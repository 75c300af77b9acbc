"use strict";
window.lesson = new Descent(JSON.parse(document.getElementById("lesson").textContent), program);
